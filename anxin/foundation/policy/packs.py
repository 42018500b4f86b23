"""Reading one pack: its terms, its sections, its calendars. Pure: files in, values and faults out.

A pack may lie in several folders (a rehearsal laid over the real one): a file of a later folder replaces the file of
the same name, all other files stay.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from anxin.foundation.policy.errors import Ambiguous, BadPack, PolicyError, Unsigned

LEVELS = ("nation", "province", "city", "county")
STATUSES = ("verified", "unverified")
MOST_DIGITS = 20
"""Of a number before and after its point; "1e999999999" would take a gigabyte to write out."""
MOST_GRIDS = 999
"""The last three digits of a place code count the grids of a zone."""
TABLES = {"organisation.toml": ("places", "units", "grids"), "routing.toml": ("rules",)}
"""Lists of tables, by section."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_LEAF_KEYS = frozenset({"zh", "unit", "delegated_to", "versions"})
_VERSION_KEYS = frozenset({"from", "to", "value", "range", "basis", "status", "note"})


@dataclass(frozen=True, slots=True)
class Version:
    """A value, or a range for a lower pack to choose from, in force from `start` until before `end`."""

    start: date
    end: date | None
    value: Any
    low: Decimal | None
    high: Decimal | None
    basis: str
    status: str
    note: str = ""

    def holds(self, day: date) -> bool:
        """Whether it is in force on that day."""
        return self.start <= day and (self.end is None or day < self.end)


@dataclass(frozen=True, slots=True)
class Term:
    """One key of one pack with all its versions, oldest first."""

    key: str
    pack: str
    file: str
    zh: str
    unit: str
    delegated_to: tuple[str, ...]
    attrs: Mapping[str, Any]
    versions: tuple[Version, ...]

    def on(self, day: date) -> Version | None:
        """The version in force on that day."""
        for version in reversed(self.versions):
            if version.start <= day:
                return version if version.holds(day) else None
        return None

    def lives(self) -> Iterator[tuple[Version, date | None]]:
        """Each version with the day it gives way: its own end, or the start of the next one."""
        for version, following in zip(self.versions, (*self.versions[1:], None), strict=False):
            yield version, version.end or (following.start if following else None)


@dataclass(frozen=True, slots=True)
class Year:
    """One holiday notice."""

    year: int
    off: tuple[date, ...]
    worked: tuple[date, ...]
    statutory: tuple[date, ...]
    basis: str
    status: str
    file: str


@dataclass
class Pack:
    """One folder of policy. `faults` holds what reading it found wrong."""

    id: str
    level: str
    place: str
    extends: str
    zh: str
    model: str
    version: str
    folders: list[Path]
    files: dict[str, Path] = field(default_factory=dict)
    terms: dict[str, Term] = field(default_factory=dict)
    sections: dict[str, dict[str, Any]] = field(default_factory=dict)
    years: dict[int, Year] = field(default_factory=dict)
    faults: list[PolicyError] = field(default_factory=list)


def folders_of(root: Path) -> list[Path]:
    """The pack folders under a root; the root may itself be one."""
    if not root.is_dir():
        raise BadPack(f"找不到政策包文件夹 {root}", fix="请核对路径")
    if (root / "pack.toml").is_file():
        return [root]
    found = sorted(path.parent for path in root.glob("*/pack.toml"))
    if not found:
        raise BadPack(f"{root} 中没有政策包", fix="每个政策包是一个含有 pack.toml 的文件夹")
    return found


def identity(folder: Path) -> str:
    """The id that a folder's pack.toml declares."""
    return str(_toml(folder / "pack.toml", f"{folder.name}/pack.toml").get("id", ""))


def read_pack(folders: Sequence[Path]) -> Pack:
    """Reads a pack from its folders; only an unusable pack.toml raises, everything else is collected in `faults`."""
    files = {str(path.relative_to(folder)): path for folder in folders for path in sorted(folder.rglob("*"))}
    meta = _toml(files["pack.toml"], f"{folders[-1].name}/pack.toml")
    pack = _pack(meta, folders)
    pack.files = files
    for name, path in sorted(files.items()):
        if path.suffix != ".toml" or name == "pack.toml" or name.startswith("scenarios/"):
            continue
        label = f"{pack.id}/{name}"
        try:
            content = _toml(path, label)
        except PolicyError as fault:
            pack.faults.append(fault)
            continue
        if name.startswith("parameters/"):
            _read_terms(pack, label, content)
        elif name.startswith("calendar/"):
            _read_year(pack, label, content)
        elif "/" not in name:
            sound = _with_tables(pack, label, name, content)
            pack.sections[path.stem] = _with_grids(pack, label, sound) if name == "organisation.toml" else sound
    return pack


def _toml(path: Path, label: str) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise BadPack(f"不是有效的 TOML（{error}）", file=label, fix="请按提示的行列改正") from None
    except UnicodeDecodeError:
        raise BadPack("不是 UTF-8 编码", file=label, fix="请另存为 UTF-8") from None
    except (ValueError, RecursionError):  # a number of thousands of digits, or brackets in brackets without end
        raise BadPack("数字过长或层次过深", file=label, fix="请核对取值") from None


def _pack(meta: Mapping[str, Any], folders: Sequence[Path]) -> Pack:
    label = f"{folders[-1].name}/pack.toml"
    for key in ("id", "level", "place", "zh"):
        if not isinstance(meta.get(key), str) or not meta[key]:
            raise BadPack(f"缺少 {key}", file=label, fix=f'请补充一行 {key} = "…"')
    if meta["level"] not in LEVELS:
        raise BadPack(f"level 写作 {meta['level']}", file=label, fix=f"请从 {'、'.join(LEVELS)} 中选一个")
    if not (meta["place"].isascii() and meta["place"].isdigit()) or len(meta["place"]) not in (2, 4, 6):
        raise BadPack(f"place 写作 {meta['place']}", file=label, fix="请填写2、4或6位区划代码")
    return Pack(
        id=meta["id"],
        level=meta["level"],
        place=meta["place"],
        extends=str(meta.get("extends", "")),
        zh=meta["zh"],
        model=str(meta.get("model", "")),
        version=str(meta.get("version", "")),
        folders=list(folders),
    )


def _read_terms(pack: Pack, label: str, node: Mapping[str, Any], path: tuple[str, ...] = ()) -> None:
    for name, child in node.items():
        here = (*path, name)
        if not isinstance(child, Mapping):
            pack.faults.append(
                BadPack("不属于任何条目", file=label, term=".".join(here), fix="请移入一个带 versions 的条目")
            )
        elif _LEAF_KEYS & child.keys() and not isinstance(child.get("unit"), Mapping):
            _read_term(pack, label, ".".join(here), child)
        else:
            _read_terms(pack, label, child, here)


def _read_term(pack: Pack, label: str, key: str, leaf: Mapping[str, Any]) -> None:
    before = len(pack.faults)
    if key in pack.terms:
        pack.faults.append(
            Ambiguous(f"在 {pack.terms[key].file} 中已有同名条目", file=label, term=key, fix="请只保留一处")
        )
        return
    delegated = leaf.get("delegated_to", [])
    for name, child in leaf.items():
        if isinstance(child, Mapping) and _LEAF_KEYS & child.keys():
            pack.faults.append(
                BadPack(f"条目之内又有条目 {name}", file=label, term=key, fix="请把 zh、unit 等写在最末一级的表中")
            )
    levels = tuple(delegated if isinstance(delegated, list) else [delegated])
    for level in levels:
        if level not in LEVELS:
            pack.faults.append(
                BadPack(f"delegated_to 写作 {level}", file=label, term=key, fix=f"请从 {'、'.join(LEVELS)} 中选")
            )
    said = leaf.get("versions", [])
    versions = [_version(pack, label, key, raw) for raw in (said if isinstance(said, list) else [said])]
    known = sorted((v for v in versions if v), key=lambda v: v.start)
    for earlier, later in zip(known, known[1:], strict=False):
        if earlier.start == later.start or (earlier.end and later.start < earlier.end):
            pack.faults.append(
                Ambiguous(
                    f"有两个版本同时自{later.start}起适用", file=label, term=key, fix="请删去一个，或改正 from、to"
                )
            )
    if any(not isinstance(fault, Unsigned) for fault in pack.faults[before:]):
        return
    pack.terms[key] = Term(
        key=key,
        pack=pack.id,
        file=label,
        zh=str(leaf.get("zh", "")),
        unit=str(leaf.get("unit", "")),
        delegated_to=levels,
        attrs={name: value for name, value in leaf.items() if name not in _LEAF_KEYS},
        versions=tuple(known),
    )


def _version(pack: Pack, label: str, key: str, raw: Any) -> Version | None:
    wrong = _wrong_version(key, raw)
    if wrong is not None:
        pack.faults.append(BadPack(wrong[0], file=label, term=key, fix=wrong[1]))
        return None
    status = raw.get("status")
    if status not in STATUSES:
        what = f"{raw['from']}版本没有标明是否核实"
        fix = '请补充 status = "verified" 或 "unverified"'
        pack.faults.append(Unsigned(what, file=label, term=key, fix=fix))
        status = "unverified"
    low, high = _bounds(raw.get("range"))
    return Version(
        start=raw["from"],
        end=raw.get("to"),
        value=number_or_same(raw.get("value")),
        low=low,
        high=high,
        basis=raw["basis"],
        status=status,
        note=str(raw.get("note", "")),
    )


def _wrong_version(key: str, raw: Any) -> tuple[str, str] | None:
    """What makes a version unusable, and the remedy."""
    if not isinstance(raw, Mapping):
        return "versions 的写法有误", f"请写作 [[{key}.versions]]"
    if unknown := raw.keys() - _VERSION_KEYS:
        return f"版本中有不认识的项 {'、'.join(sorted(unknown))}", f"只能使用 {'、'.join(sorted(_VERSION_KEYS))}"
    start, end = raw.get("from"), raw.get("to")
    if type(start) is not date or (end is not None and type(end) is not date):
        return "缺少生效日期，或日期写法有误", "请写作 from = 2024-01-01（不加引号）"
    if end is not None and end <= start:
        return f"自{start}起，却在{end}前失效", "to 必须晚于 from"
    if not isinstance(raw.get("basis"), str) or not raw["basis"].strip():
        return f"{start}版本没有依据", "请在 basis 写明文件名称、文号和条款"
    if "value" not in raw and "range" not in raw:
        return f"{start}版本没有 value 或 range", "请填写取值；暂无规定时删去该版本"
    if any(isinstance(n, Decimal) and not _sane(n) for n in _numbers(raw.get("value"), raw.get("range"))):
        return f"{start}版本的取值不是可用的数", "请核对取值"
    low, high = _bounds(raw.get("range"))
    if "range" in raw and (low is None or high is None or low > high):
        return "range 应为由小到大的两个数", "请写作 range = [5000, 20000]"
    return None


def _numbers(*values: Any) -> Iterator[Any]:
    for value in values:
        yield from (number_or_same(part) for part in (value if isinstance(value, list) else [value]))


def _sane(number: Decimal) -> bool:
    return number.is_finite() and abs(number.adjusted()) < MOST_DIGITS


def _bounds(raw: Any) -> tuple[Decimal | None, Decimal | None]:
    if not isinstance(raw, list) or len(raw) != 2:
        return None, None
    low, high = (number_or_same(edge) for edge in raw)
    return (low, high) if isinstance(low, Decimal) and isinstance(high, Decimal) else (None, None)


def number_or_same(value: Any) -> Any:
    """Numbers, also those quoted to keep their decimals, become Decimal; everything else stays."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Decimal):
        return Decimal(value)
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        return Decimal(value)
    return value


def _with_tables(pack: Pack, label: str, name: str, content: dict[str, Any]) -> dict[str, Any]:
    """The section without what should be a list of tables and is none, which is told."""
    odd = {
        key
        for key in TABLES.get(name, ())
        if key in content
        and not (isinstance(content[key], list) and all(isinstance(row, Mapping) for row in content[key]))
    }
    for key in sorted(odd):
        pack.faults.append(
            BadPack(f"{key} 应为一列表格", file=label, term=key, fix=f"请写作 [[{key}]]，或 {key} = [{{ … }}]")
        )
    return {key: value for key, value in content.items() if key not in odd}


def _with_grids(pack: Pack, label: str, content: dict[str, Any]) -> dict[str, Any]:
    """Grids written as a count become places: [[grids]] zone, kind, zh, first, count; `parents` shares them out."""
    places = list(content.get("places", []))
    for row in content.get("grids", []):
        try:
            first, count, parents = int(row["first"]), int(row["count"]), row.get("parents", [row["zone"]])
            if not 0 < count <= MOST_GRIDS:
                raise ValueError(count)
            places += [
                {
                    "code": str(first + n),
                    "name": row["zh"].format(n=n + 1),
                    "kind": row["kind"],
                    "parent": parents[n * len(parents) // count],
                }
                for n in range(count)
            ]
        except (KeyError, ValueError, TypeError, IndexError):
            pack.faults.append(
                BadPack(
                    "grids 的写法有误",
                    file=label,
                    fix="每行写明 zone、kind、zh（含 {n}）、first（12位代码）、count（1至999）",
                )
            )
    return {**content, "places": places} if places else content


def _read_year(pack: Pack, label: str, content: Mapping[str, Any]) -> None:
    wrong = _wrong_year(pack, content)
    if wrong is not None:
        pack.faults.append(BadPack(wrong[0], file=label, fix=wrong[1]))
        return
    year = content["year"]
    if year in pack.years:
        pack.faults.append(Ambiguous(f"{year}年在 {pack.years[year].file} 中已有安排", file=label, fix="请只保留一处"))
        return
    off, worked, statutory = (tuple(content.get(name, ())) for name in ("off", "worked", "statutory"))
    pack.years[year] = Year(year, off, worked, statutory, content["basis"], content["status"], label)


def _wrong_year(pack: Pack, content: Mapping[str, Any]) -> tuple[str, str] | None:
    """What is wrong with a holiday notice, and the remedy."""
    year, lists = content.get("year"), [content.get(name, []) for name in ("off", "worked", "statutory")]
    if pack.level != "nation":
        return "工作日安排由国务院发布，地方不能另定", "请移到全国政策包的 calendar 文件夹"
    if not isinstance(year, int):
        return "缺少 year", "请写作 year = 2026"
    if not all(isinstance(days, list) and all(type(day) is date for day in days) for days in lists):
        return "off、worked、statutory 应为日期列表", "请写作 off = [2026-01-01, 2026-01-02]（不加引号）"
    off, worked, statutory = lists
    if both := set(off) & set(worked):
        return f"{min(both)} 既放假又上班", "请核对国务院通知，删去一处"
    if stray := [day for day in (*off, *worked) if day.year not in (year - 1, year)]:
        return f"{stray[0]} 不属于{year}年", "请移到所属年份的文件"
    if missing := [day for day in statutory if day not in off]:
        return f"法定节假日 {missing[0]} 不在放假日之中", "请核对 off 与 statutory"
    if weekdays := [day for day in worked if day.weekday() < 5]:
        return f"调休上班日 {weekdays[0]} 本来就是工作日", "worked 只写周末上班的日期"
    if not content.get("basis") or content.get("status") not in STATUSES:
        return "缺少 basis 或 status", "请写明通知文号及是否核实"
    return None
