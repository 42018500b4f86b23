"""Reading a file of messages exported by another platform: .xlsx or .csv in, messages and rejected rows out. Pure.

A file that cannot be trusted as a whole (wrong type, missing or doubled columns, too large, packed to explode) raises
`BadInput` before a single row is read. A row that cannot be used is told by its number in the sheet, column and reason.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from anxin.foundation.kernel.errors import AnxinError, BadInput
from anxin.foundation.workdays.calendar import CHINA
from anxin.resolution.intake import workbook

MOST_BYTES = 20 * 1024 * 1024
LONGEST_TEXT = 20_000
EARLIEST = 2000
FIELDS = ("number", "user", "subject", "at", "text", "phone", "employer", "people", "amount")
_COMMAND_FIELDS = {"source_number": "number", "reported_at": "at", "name": "user", "": "number"}
"""What `receive` calls a field, where a message calls it otherwise; a refusal of no field concerns the number."""

_OLD_EXCEL = bytes.fromhex("d0cf11e0")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_BLANKS = re.compile(r"[^\S\n]+")
_WHEN = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.\d+)?)?)?")


class Message(BaseModel):
    """One row: `row` as numbered in the sheet, `amount` in yuan as written, "" where the file says nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row: int
    number: Annotated[str, Field(max_length=60)]
    at: datetime
    user: Annotated[str, Field(max_length=60)] = ""
    subject: str = ""
    text: str = ""
    phone: str = ""
    employer: Annotated[str, Field(max_length=120)] = ""
    people: int = 1
    amount: str = ""

    @property
    def said(self) -> str:
        """Subject and text as one, the way they are kept."""
        return "\n".join(part for part in (self.subject, self.text) if part)


@dataclass
class Sheet:
    """Everything a file holds."""

    messages: list[Message] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    headings: dict[str, str] = field(default_factory=dict)


class _Unusable(Exception):
    """This row cannot be used, because of this column."""

    def __init__(self, name: str, reason: str) -> None:
        self.name, self.reason = name, reason
        super().__init__(reason)


def parse(content: bytes, layout: Mapping[str, Any], *, now: datetime) -> Sheet:
    """Read a file. `layout`: {"columns": {field: [headings]}, "required": [fields]}. Raises `BadInput` as a whole."""
    if len(content) > MOST_BYTES:
        raise BadInput(f"文件超过{MOST_BYTES // 1024 // 1024}兆，请分成几个文件导入")
    table = _csv(content) if not content.startswith(b"PK") else workbook.read(content)
    if not table.rows:
        raise BadInput("文件里没有内容")
    columns = _columns([clean(_plain(cell)) for cell in table.rows[0]], layout)
    sheet = Sheet(headings={name: heading for name, (_, heading) in columns.items()})
    for place, cells in enumerate(table.rows[1:], start=1):
        if all(_plain(cell).strip() == "" for cell in cells):
            continue
        try:
            sheet.messages.append(_message(place, cells, columns, table, layout, now))
        except _Unusable as fault:
            sheet.rejected.append(told(place + 1, sheet.headings[fault.name], fault.reason))
    if not sheet.messages and not sheet.rejected:
        raise BadInput("文件里只有表头，没有数据")
    return sheet


def told(row: int, column: str, reason: str) -> dict[str, Any]:
    """How a row that cannot be used is told."""
    return {"row": row, "column": column, "reason": reason}


def blame(fault: AnxinError) -> tuple[str, str]:
    """The message field a refusal of `receive` is about, and its reason."""
    fields = fault.fields if isinstance(fault, BadInput) else {}
    name = next(iter(fields), "")
    return _COMMAND_FIELDS.get(name, name), fields.get(name, fault.message)


def clean(text: str) -> str:
    """Tabs, full-width and other odd spaces become one space, empty lines and control characters go."""
    bare = _BLANKS.sub(" ", _CONTROL.sub("", text.replace("\r", "\n")))
    return "\n".join(line for line in (part.strip() for part in bare.split("\n")) if line)


def _columns(headings: list[str], layout: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Field → (column, heading). Raises `BadInput` for doubled and missing headings."""
    if doubled := sorted({name for name in headings if name and headings.count(name) > 1}):
        raise BadInput(f"第1行有重复的列名：{'、'.join(doubled)}", fix="请只保留一列")
    found: dict[str, tuple[int, str]] = {}
    for name in FIELDS:
        for heading in layout["columns"].get(name, []):
            if heading in headings and name not in found:
                found[name] = (headings.index(heading), heading)
    if missing := [layout["columns"][name][0] for name in layout["required"] if name not in found]:
        there = "、".join(name for name in headings if name)[:200] or "空"
        raise BadInput(f"缺少列：{'、'.join(missing)}", fix=f"第1行应写列名，文件里现有：{there}")
    return found


def _message(
    place: int,
    cells: list[Any],
    columns: Mapping[str, tuple[int, str]],
    table: workbook.Table,
    layout: Mapping[str, Any],
    now: datetime,
) -> Message:
    values: dict[str, Any] = {}
    for name, (column, _) in columns.items():
        if (place, column) in table.formulas:
            raise _Unusable(name, "单元格是公式，请改为粘贴数值")
        if (place, column) in table.merged:
            raise _Unusable(name, "单元格是合并的，请取消合并后逐行填写")
        values[name] = cells[column] if column < len(cells) else ""
    for name in layout["required"]:
        if not clean(_plain(values[name])):
            raise _Unusable(name, "此项是空的")
    return Message(
        row=place + 1,
        number=_short(values, "number", 60),
        user=_short(values, "user", 60),
        subject=_short(values, "subject", 500).replace("\n", " "),
        text=_short(values, "text", LONGEST_TEXT - 501),
        at=_moment(values["at"], now),
        phone=_phone(values.get("phone", "")),
        employer=_short(values, "employer", 120),
        people=_people(values.get("people", "")),
        amount=clean(_plain(values.get("amount", ""))),
    )


def _short(values: Mapping[str, Any], name: str, most: int) -> str:
    value = values.get(name, "")
    if name == "number" and isinstance(value, float) and not value.is_integer():
        raise _Unusable(name, "编号带小数，请核对")
    text = clean(_plain(value))
    if len(text) > most:
        raise _Unusable(name, f"超过{most}个字")
    return text


def _phone(value: Any) -> str:
    """A number cell may have lost digits or a leading zero on its way through a spreadsheet."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise _Unusable("phone", "电话是数字格式，可能已丢失位数，请把该列设为文本格式后重新填写")
    return clean(_plain(value))


def _people(value: Any) -> int:
    text = clean(_plain(value))
    if not text:
        return 1
    if not (text.isascii() and text.isdecimal() and len(text) < 8 and int(text) > 0):
        raise _Unusable("people", "人数应为正整数")
    return int(text)


def _moment(value: Any, now: datetime) -> datetime:
    at = _read_moment(value)
    if at.year < EARLIEST:
        raise _Unusable("at", "时间过早，请核对年份")
    if at > now:
        raise _Unusable("at", "时间晚于现在，请核对")
    return at


def _read_moment(value: Any) -> datetime:
    """Date cells and two ways of writing a date; a time without a zone is China's."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=CHINA)
    if isinstance(value, date):
        return datetime.combine(value, time(), CHINA)
    found = _WHEN.fullmatch(clean(value)) if isinstance(value, str) else None
    try:
        if found:
            return datetime(*(int(part or 0) for part in found.groups()), tzinfo=CHINA)  # type: ignore[arg-type, misc]
    except ValueError:
        pass
    raise _Unusable("at", "时间看不懂，请写作 2023-12-02 09:00 或 2023/12/2 9:00:00")


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return "" if value is None else str(value)


def _csv(content: bytes) -> workbook.Table:
    if content.startswith(_OLD_EXCEL):
        raise BadInput("这是旧版 xls 或加了密码的工作簿", fix="请另存为不加密的 xlsx 后再导入")
    text = _decoded(content)
    try:
        rows: Iterator[list[Any]] = csv.reader(io.StringIO(text, newline=""), strict=True)
        kept = list(islice(rows, workbook.MOST_ROWS + 2))
    except csv.Error:
        raise BadInput("不是完整的 csv 文件", fix="请检查引号是否成对，或另存为 xlsx") from None
    workbook.check_size(len(kept), max(map(len, kept), default=0))
    return workbook.Table(kept)


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text
    raise BadInput("只能导入 xlsx 或 csv 文件（UTF-8 或 GBK 编码）")
