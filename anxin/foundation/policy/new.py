"""A commented folder for a county (or province) that joins: words to fill in, no Python."""

from __future__ import annotations

from pathlib import Path

from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.policy.book import PolicyBook

_LEVELS = {2: "province", 4: "city", 6: "county"}

_PACK = """\
# 政策包的身份。place 是区划代码，extends 是上一级政策包；没有写的规定一律沿用上级。
id = "{id}"
level = "{level}"
place = "{place}"
extends = "{extends}"
zh = "{zh}"
version = "1"
model = ""                             # 本地做法的名称，例如 “117”办理机制
"""

_CLOCKS = """\
# 办理时限。删去行首的 # 即生效；没有规定的沿用默认值，并在界面上标明“未核实”。
# unit：day 自然日、workday 工作日、hour 小时；ends：exact 到同一时刻、end_of_day 到当日24时。
# 条目名称和可以自定的范围：anxin policy explain clock.settle --place {place} --on 2026-01-01
#
# [clock.settle]
# zh = "7天内办结"
# unit = "day"
# ends = "end_of_day"
# [[clock.settle.versions]]
# from = 2026-01-01                    # 自哪天起适用；改规定时增加一个版本，不改旧版本
# value = 7
# basis = "文件名称、文号、条款"
# status = "unverified"                # 由法制机构核实后改为 verified
"""

_JOINT = """\
# 联合处置的门槛：达到任何一项，相关部门同时介入。
#
# [joint.people]
# [[joint.people.versions]]
# from = 2026-01-01
# value = 10
# basis = "文件名称、文号、条款"
# status = "unverified"
"""

_ORGANISATION = """\
# 区划与承办单位。每个镇（街道）写一行区划和一行单位；代码为12位统计用区划代码。
places = [
  {{ code = "{place}000000", name = "{zh}", kind = "county" }},
  # {{ code = "{place}101000", name = "某某镇", kind = "town", parent = "{place}000000" }},
]

units = [
  {{ code = "{place}-arrears-office", name = "{zh}治欠办", kind = "office", place = "{place}000000" }},
  # {{ code = "{place}101-town", name = "某某镇劳动保障所", kind = "town", place = "{place}101000", phone = "" }},
  # {{ code = "{place}-housing", name = "住建局", kind = "regulator", sector = ["construction"] }},
]
"""

_ROUTING = """\
# 流转建议：行业 × 属地，自上而下取第一条。先在 organisation.toml 列出镇（街道），再启用属地规则。
rules = [
  # {{ id = "construction", sector = ["construction"], lead = "{place}-housing", reason = "由{{lead}}主办" }},
  # {{ id = "territory", sector = "any", place = "town", lead = "town", reason = "按属地管理，由{{lead}}办理" }},
]

[fallback]
lead = "{place}-arrears-office"
reason = "属地不明，由{{lead}}先行承接，查明后再次分派"
"""

_WORDS = """\
# 界面上的用词，逐条改名；没有写的沿用上级。
county = "{zh}"
office = "{zh}治欠办"
telephones = [
  {{ zh = "12345政务服务便民热线", number = "12345" }},
]
"""

_DUTIES = """\
# 谁欠谁一件事。规则沿用全国政策包，这里可以改称呼或改由别的岗位承担。
#
# [contact]
# zh = "1天内沟通联系"
# post = "town_handler"
"""

_ROLES = """\
# 岗位的称呼；也可以增加岗位，权限只能从全国政策包已有的权限中选。
#
# [town_handler]
# zh = "镇（街道）经办"
"""

_COMMON = {
    "pack.toml": _PACK,
    "parameters/clocks.toml": _CLOCKS,
    "parameters/joint.toml": _JOINT,
    "duties.toml": _DUTIES,
    "roles.toml": _ROLES,
}
_COUNTY = {"organisation.toml": _ORGANISATION, "routing.toml": _ROUTING, "words.toml": _WORDS}


def create(book: PolicyBook, code: str, *, extends: str, into: Path, zh: str = "") -> Path:
    """Writes the folder and returns it. Raises BadInput for a bad code or a folder that exists already."""
    place = code.removeprefix("cn-")
    if not (place.isascii() and place.isdigit() and len(place) in _LEVELS):
        raise BadInput(f"区划代码 {code} 应为2、4或6位数字", fix="县（市、区）写6位，例如 330783")
    parent = book.pack_for(extends.removeprefix("cn-") if extends not in book.packs else extends)
    pack, folder = f"cn-{place}", into / f"cn-{place}"
    if pack in book.packs or folder.exists():
        raise BadInput(f"政策包 {pack} 已经存在", fix="请直接修改其中的文件")
    level = _LEVELS[len(place)]
    files = _COMMON | (_COUNTY if level == "county" else {})
    facts = {"id": pack, "level": level, "place": place, "extends": parent, "zh": zh or f"待命名（{place}）"}
    for name, template in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(template.format(**facts), encoding="utf-8")
    if level == "county":
        (folder / "scenarios").mkdir()
    return folder
