"""Two small counties with the same posts, for specs that must not depend on any real county."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from anxin.foundation.directory import services
from anxin.foundation.policy import current

NOW = datetime(2023, 11, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = NOW.date()
EAST, WEST = "990101", "990102"

ROLES = """
[leader]
zh = "分管领导"
scope = "county"
permissions = ["cases:see"]
[town_handler]
zh = "镇街经办"
scope = "unit"
permissions = ["cases:see", "cases:handle"]
[regulator_handler]
zh = "行业主管部门经办"
scope = "unit"
permissions = ["cases:see", "cases:handle"]
[grid_officer]
zh = "网格员"
scope = "grid"
permissions = ["cases:see"]
[legal_aid]
zh = "法律援助"
scope = "case"
permissions = ["cases:see"]
[public]
zh = "群众"
scope = "public"
permissions = ["intake:receive"]
[system]
zh = "系统"
scope = "system"
permissions = ["cases:see"]
"""

ROUTING = """
rules = [
  { id = "water", sector = ["water"], place = "town", lead = "regulator", assist = ["town"], reason = "水利项目由{lead}牵头，{assist}协助" },
  { id = "crowd", sector = "any", place = "town", people_min = 30, lead = "inspectorate", reason = "人数多，由{lead}牵头" },
  { id = "catering", sector = ["catering"], lead = "@-commerce", reason = "餐饮业由{lead}牵头" },
  { id = "town", sector = "any", place = "town", lead = "town", reason = "其余由{place}属地处置" },
]
[fallback]
lead = "office"
reason = "无法确定属地，由{lead}先行承接"
"""  # noqa: E501

ORGANISATION = """
places = [
  {{ code = "{c}", name = "{n}县", kind = "county" }},
  {{ code = "{c}101", name = "{n}山镇", kind = "town" }},
  {{ code = "{c}102", name = "{n}水镇", kind = "town" }},
  {{ code = "{c}400", name = "{n}开发区", kind = "zone" }},
  {{ code = "{c}101201", name = "一村网格", kind = "grid_rural" }},
  {{ code = "{c}101301", name = "一号企业网格", kind = "grid_enterprise" }},
  {{ code = "{c}101302", name = "一号小网格", kind = "grid_small", parent = "{c}101301" }},
]
units = [
  {{ code = "office", name = "{n}县治欠办", kind = "office" }},
  {{ code = "inspectorate", name = "{n}县劳动监察大队", kind = "inspectorate" }},
  {{ code = "water", name = "{n}县水务局", kind = "regulator", sector = ["water", "hydropower"] }},
  {{ code = "commerce", name = "{n}县商务局", kind = "regulator", sector = "trade" }},
  {{ code = "legal-aid", name = "{n}县法律援助中心", kind = "legal_aid" }},
  {{ code = "{c}101-town", name = "{n}山镇人民政府", kind = "town", place = "{c}101" }},
  {{ code = "{c}102-town", name = "{n}水镇人民政府", kind = "town", place = "{c}102" }},
]
"""


def write(folder: Path, county: str, name: str) -> None:
    """Write the pack of one county."""
    pack = folder / f"cn-{county}"
    pack.mkdir(parents=True)
    (pack / "pack.toml").write_text(
        f'id = "cn-{county}"\nlevel = "county"\nplace = "{county}"\nzh = "{name}县"\nmodel = "示例"\n'
    )
    (pack / "roles.toml").write_text(ROLES)
    (pack / "routing.toml").write_text(ROUTING.replace("@", county))
    (pack / "organisation.toml").write_text(ORGANISATION.format(c=county, n=name))


@contextmanager
def packs(folder: Path) -> Iterator[None]:
    """Both counties' packs in force; the folder may be used again."""
    for county, name in ((EAST, "东"), (WEST, "西")):
        if not (folder / f"cn-{county}").exists():
            write(folder, county, name)
    with current.using([folder]):
        yield


def load() -> None:
    """Both counties' places and units in the database."""
    for county in (EAST, WEST):
        services.load_organisation(county=county, now=NOW)
