"""Who may decide what: packs in a folder of the test, read as a deployment reads them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from anxin.foundation.policy import check, current, diff, errors, explain, new
from anxin.foundation.policy.book import PolicyBook

DAY = date(2023, 11, 1)
LEVELS = {"cn": ("nation", "00", ""), "cn-43": ("province", "43", "cn"), "cn-430102": ("county", "430102", "cn-43")}
NATION = """
[crime.many]
zh = "十名以上劳动者累计数额"
unit = "CNY"
delegated_to = "province"
[[crime.many.versions]]
from = 2013-01-23
range = ["30000", "100000"]
basis = "法释〔2013〕3号 第三条"
status = "verified"

[clock.settle]
zh = "办结"
unit = "workday"
ends = "end_of_day"
delegated_to = ["province", "county"]
[[clock.settle.versions]]
from = 2015-01-01
value = 5
basis = "默认"
status = "unverified"
"""

Write = Callable[..., PolicyBook]


def entry(key: str, value: str, *, start: str = "2014-01-01", more: str = "") -> str:
    head = "" if more.startswith("[[") else more
    tail = more if more.startswith("[[") else ""
    return (
        f"[{key}]\n{head}\n[[{key}.versions]]\nfrom = {start}\nvalue = {value}\n"
        f'basis = "地方文件"\nstatus = "verified"\n{tail}\n'
    )


@pytest.fixture
def packs(tmp_path: Path) -> Write:
    """Writes files ({"cn-43/parameters/x.toml": text}) beside three bare packs and loads them."""

    def write(files: dict[str, str] | None = None, *, strict: bool = True) -> PolicyBook:
        for pack, (level, place, parent) in LEVELS.items():
            (tmp_path / pack / "parameters").mkdir(parents=True, exist_ok=True)
            meta = f'id = "{pack}"\nlevel = "{level}"\nplace = "{place}"\nextends = "{parent}"\nzh = "{pack}"\n'
            (tmp_path / pack / "pack.toml").write_text(meta)
        for name, text in {"cn/parameters/law.toml": NATION, **(files or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return PolicyBook.load([tmp_path], strict=strict)

    return write


def test_a_province_fills_what_the_nation_leaves_open(packs: Write) -> None:
    book = packs({"cn-43/parameters/crime.toml": entry("crime.many", '"40000"')})
    ruling = book.ruling("crime.many", place="430102", on=DAY)
    assert (ruling.value, ruling.unit, ruling.pack, ruling.zh) == (
        Decimal(40000),
        "CNY",
        "cn-43",
        "十名以上劳动者累计数额",
    )
    assert ruling.receipt()["value"] == "40000.00"
    assert [(link.pack, link.used) for link in ruling.chain] == [("cn", False), ("cn-43", True), ("cn-430102", False)]


def test_where_nobody_decides_there_is_no_answer(packs: Write) -> None:
    book = packs({"cn-43/parameters/crime.toml": entry("crime.many", '"40000"', start="2024-01-01")})
    with pytest.raises(errors.NotInForce, match=r"crime.many.*没有生效的取值.*请由省级确定"):
        book.ruling("crime.many", place="430102", on=DAY)


def test_a_range_is_kept(packs: Write) -> None:
    with pytest.raises(errors.OutOfRange, match=r"cn-43/parameters/crime.toml：crime.many.*120000.*30000..100000"):
        packs({"cn-43/parameters/crime.toml": entry("crime.many", '"120000"')})


def test_a_later_range_binds_a_value_that_still_runs(packs: Write) -> None:
    narrower = (
        '[[crime.many.versions]]\nfrom = 2020-01-01\nrange = [50000, 60000]\nbasis = "新解释"\nstatus = "verified"\n'
    )
    with pytest.raises(errors.OutOfRange, match="新解释"):
        packs(
            {"cn/parameters/law.toml": NATION + narrower, "cn-43/parameters/crime.toml": entry("crime.many", '"40000"')}
        )


def test_a_county_may_not_decide_what_is_left_to_the_province(packs: Write) -> None:
    with pytest.raises(
        errors.Undelegated, match=r"cn-430102/parameters/crime.toml：crime.many.*只授权省级.*请删去该条目"
    ):
        packs({"cn-430102/parameters/crime.toml": entry("crime.many", '"40000"')})


def test_the_nearest_pack_in_force_wins_and_may_change_the_unit(packs: Write) -> None:
    local = entry("clock.settle", "7", start="2023-11-02", more='unit = "day"')
    book = packs({"cn-430102/parameters/clocks.toml": local})
    before, after = (book.ruling("clock.settle", "430102101", date(2023, 11, d)) for d in (1, 2))
    assert (before.value, before.unit, before.pack, before.status) == (5, "workday", "cn", "unverified")
    assert (after.value, after.unit, after.pack, after.attrs["ends"]) == (7, "day", "cn-430102", "end_of_day")


def test_a_version_ends_where_it_says(packs: Write) -> None:
    book = packs({"cn-43/parameters/crime.toml": entry("local.term", "1", more='unit = "day"').replace(
        "value", "to = 2015-01-01\nvalue")})  # fmt: skip
    assert book.ruling("local.term", "43", date(2014, 12, 31)).value == 1
    with pytest.raises(errors.NotInForce):
        book.ruling("local.term", "43", date(2015, 1, 1))


def test_two_versions_from_one_day_are_ambiguous(packs: Write) -> None:
    twice = '[[local.term.versions]]\nfrom = 2014-01-01\nvalue = 2\nbasis = "x"\nstatus = "verified"'
    with pytest.raises(errors.Ambiguous, match=r"local.term：有两个版本同时自2014-01-01起适用"):
        packs({"cn-43/parameters/x.toml": entry("local.term", "1", more=twice)})


def test_one_term_in_two_files_is_ambiguous(packs: Write) -> None:
    text = entry("local.term", "1")
    with pytest.raises(errors.Ambiguous, match="已有同名条目"):
        packs({"cn-43/parameters/x.toml": text, "cn-43/parameters/y.toml": text})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[a\n", "不是有效的 TOML"),
        ("a = 1\n", "不属于任何条目"),
        (entry("a.b", "1").replace('basis = "地方文件"', ""), "没有依据"),
        (entry("a.b", "1").replace("from = 2014-01-01", 'from = "2014"'), "日期写法有误"),
        (entry("a.b", "1").replace("value = 1", ""), "没有 value 或 range"),
        (entry("a.b", "1").replace("value = 1", "vaule = 1"), "不认识的项 vaule"),
        (entry("a.b", "1").replace("value = 1", "range = [9, 1]"), "由小到大"),
        (entry("a.b", "1", more='delegated_to = "town"'), "delegated_to 写作 town"),
    ],
)
def test_a_bad_entry_is_refused_with_file_and_remedy(packs: Write, text: str, why: str) -> None:
    with pytest.raises(errors.PolicyError, match=why) as refusal:
        packs({"cn-43/parameters/x.toml": text})
    assert refusal.value.file == "cn-43/parameters/x.toml"
    assert refusal.value.fix


def test_a_value_nobody_signed_is_shown_as_unverified_and_the_check_refuses_it(packs: Write) -> None:
    book = packs({"cn-43/parameters/x.toml": entry("a.b", "1", more='unit = "day"').replace('status = "verified"', "")})
    assert book.ruling("a.b", "43", DAY).status == "unverified"
    assert [fault.term for fault in check.faults(book, ["cn-43"]) if isinstance(fault, errors.Unsigned)] == ["a.b"]


def test_unknown_places_and_terms(packs: Write) -> None:
    book = packs()
    for place in ("430103", "44", "430102x", "", "4301"):
        with pytest.raises(errors.UnknownPlace):
            book.ruling("clock.settle", place, DAY)
    for place in ("430102", "430102101", "430102101000", "43", "430000000000", "cn-430102", "cn"):
        assert book.ruling("clock.settle", place, DAY).value == 5
    with pytest.raises(errors.UnknownTerm, match="clock.setle"):
        book.ruling("clock.setle", "430102", DAY)


def test_sections_merge_one_level_and_entries_can_be_dated_or_dropped(packs: Write) -> None:
    book = packs({
        "cn/words.toml": 'office = "治欠办"\n[stages]\npaid = "已兑付"\nclosed = "已销号"\n[old]\nto = 2023-01-01\n',
        "cn-430102/words.toml": 'office = "防欠办"\n[stages]\nclosed = "办结"\n[soon]\nfrom = 2024-01-01\n'
                                '[old]\noff = true\n',
    })  # fmt: skip
    words = book.section("words", "430102", DAY)
    assert words == {"office": "防欠办", "stages": {"paid": "已兑付", "closed": "办结"}}
    assert "soon" in book.section("words", "430102", date(2024, 1, 1))
    assert book.source("words", "stages", "430102") == "cn-430102"


def test_packs_must_climb(packs: Write, tmp_path: Path) -> None:
    packs()
    meta = tmp_path / "cn-43" / "pack.toml"
    meta.write_text(meta.read_text().replace('extends = "cn"', 'extends = "cn-430102"'))
    found = [fault.what for fault in PolicyBook.load([tmp_path], strict=False).faults]
    assert any("首尾相接" in what for what in found)
    meta.write_text(meta.read_text().replace('extends = "cn-430102"', 'extends = "cn-99"'))
    with pytest.raises(errors.BadPack, match="不存在的 cn-99"):
        PolicyBook.load([tmp_path])


def test_a_calendar_belongs_to_the_nation_and_must_agree_with_itself(packs: Write) -> None:
    year = 'year = 2023\nbasis = "通知"\nstatus = "verified"\noff = [2023-01-02]\nworked = [{}]\nstatutory = [{}]\n'
    for text, why in [
        (year.format("2023-01-02", ""), "既放假又上班"),
        (year.format("2023-01-03", ""), "本来就是工作日"),
        (year.format("", "2023-01-01"), "不在放假日之中"),
        (year.format("2025-01-05", ""), "不属于2023年"),
        (year.format('"x"', ""), "日期列表"),
    ]:
        with pytest.raises(errors.BadPack, match=why):
            packs({"cn/calendar/2023.toml": text})
    with pytest.raises(errors.BadPack, match="地方不能另定"):
        packs({"cn/calendar/2023.toml": year.format("", ""), "cn-43/calendar/2023.toml": year.format("", "")})


def test_an_explanation_names_everybody_on_the_chain(packs: Write) -> None:
    book = packs({"cn-43/parameters/crime.toml": entry("crime.many", '"40000"')})
    ruling = book.ruling("crime.many", "430102", DAY)
    text = explain.as_text(ruling)
    for piece in ("40000.00 元", "幅度 30000.00～100000.00 元", "授权省确定", "← 采用", "未作规定", "已核实"):
        assert piece in text
    assert explain.as_dict(ruling)["chain"][0]["range"] == ["30000.00", "100000.00"]


def test_a_rehearsal_lays_its_files_over_the_real_pack(tmp_path: Path) -> None:
    (tmp_path / "parameters").mkdir()
    (tmp_path / "pack.toml").write_text((current.DEFAULT_ROOT / "cn-330784" / "pack.toml").read_text())
    (tmp_path / "parameters" / "clocks.toml").write_text(
        entry("clock.settle", "3", start="2023-01-01", more='unit = "day"')
    )
    with current.using([tmp_path]) as rehearsed:
        assert rehearsed is current.book()
        assert current.book().ruling("clock.settle", "330784", DAY).value == 3
        assert current.book().ruling("joint.people", "330784", DAY).pack == "cn-330784"
    assert current.book().ruling("clock.settle", "330784", DAY).value == 7


def test_a_new_pack_is_sound_before_anything_is_filled_in(tmp_path: Path) -> None:
    folder = new.create(current.book(), "330783", extends="cn-33", into=tmp_path, zh="东阳市")
    book = PolicyBook.load([current.DEFAULT_ROOT, tmp_path], strict=False)
    assert check.faults(book, [folder.name]) == []
    assert book.ruling("clock.settle", "330783101", DAY).pack == "cn"
    for code, extends in (("330783", "33"), ("3307", "cn"), ("33078x", "33"), ("330784", "33")):
        if code != "3307":
            with pytest.raises(errors.AnxinError):
                new.create(current.book(), code, extends=extends, into=tmp_path)


def test_two_models_side_by_side() -> None:
    found = diff.compare(current.book(), "330784", "330424", DAY)
    terms = {row["term"]: (row["left"]["value"], row["right"]["value"]) for row in found["terms"]}
    assert terms["clock.settle"] == (7, 5)
    assert "clock.refer" not in terms
    assert "永康市" in diff.as_text(current.book(), found)
    assert diff.compare(current.book(), "330784", "330784", DAY)["terms"] == []


COUNTY = "cn-330999"


def damaged(tmp_path: Path, name: str, text: str) -> list[errors.PolicyError]:
    folder = new.create(current.book(), "330999", extends="cn-33", into=tmp_path)
    (folder / name).write_text(text)
    return check.faults(PolicyBook.load([current.DEFAULT_ROOT, tmp_path], strict=False), [COUNTY])


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("duties.toml", "[settle]\noff = true\n", "缺少必备的事项规则"),
        ("duties.toml", '[settle]\npost = "nobody"\n', "没有岗位 nobody"),
        ("duties.toml", '[settle]\nposts = { town = "nobody" }\n', "没有岗位 nobody"),
        ("duties.toml", '[settle]\nclock = "clock.nothing"\n', "时限条目 clock.nothing 不存在"),
        ("duties.toml", '[settle]\nat = "moon"\n', "at 写法有误"),
        ("roles.toml", '[extra]\nzh = "x"\nscope = "unit"\npermissions = ["cases:fly"]\n', "没有权限 cases:fly"),
        ("roles.toml", '[extra]\nzh = "x"\nscope = "moon"\npermissions = []\n', "scope 缺少或写错"),
        ("roles.toml", '[extra]\nscope = "unit"\npermissions = []\n', "岗位没有 zh"),
        ("routing.toml", '[[rules]]\nid = "a"\nlead = "nobody"\nreason = "x"\n', "没有单位或单位类别 nobody"),
        ("routing.toml", '[[rules]]\nid = "a"\nlead = "office"\nsector = ["moon"]\nreason = "x"\n', "没有行业 moon"),
        ("routing.toml", '[[rules]]\nid = "a"\nlead = "office"\n', "缺少 id、lead 或 reason"),
        ("routing.toml", "".join(f'[[rules]]\nid = "{i}"\nlead = "office"\nreason = "x"\n' for i in "ab"), "同一种"),
        ("organisation.toml", 'places = [{ code = "1", name = "x", kind = "county" }]\n', "不是12位数字"),
        ("organisation.toml", 'places = []\nunits = []\n', "没有治欠办"),
        ("organisation.toml", "[[grids]]\ncount = 3\n", "grids 的写法有误"),
        ("notices.toml", '[closed]\ntext = "{secret}"\n', "用了没有的项"),
        ("words.toml", 'county = ""\n', "缺少用词"),
        ("parameters/clocks.toml", entry("clock.settle", "1.5"), "不是非负整数"),
        ("parameters/clocks.toml", entry("clock.settle", "1", more='unit = "moon"'), "时限单位写作 moon"),
        ("parameters/clocks.toml", entry("local.thing", "1", more='zh = "x"'), "没有单位"),
        ("parameters/n.toml", entry("number.case", '"W{day}"'), "缺少流水号"),
    ],
)  # fmt: skip
def test_the_check_finds(tmp_path: Path, name: str, text: str, why: str) -> None:
    found = damaged(tmp_path, name, text)
    assert any(why in fault.message for fault in found), [fault.message for fault in found]
    assert all(fault.file and fault.fix for fault in found)
