"""A list inside a form: some blank rows, and a box for rows copied from a spreadsheet. Works without script."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django import forms

MOST = 5_000
_SPLIT = re.compile(r"\t|，|,(?!\d{3})|\s{2,}| ")


class Column(NamedTuple):
    """One column: parameter, heading, kind (text, money, date, last_day), and other headings a sheet may use.

    A last_day is shown to people as the last day that counts, and handed on as the first day that does not.
    """

    name: str
    zh: str
    kind: str = "text"
    also: tuple[str, ...] = ()


WORKERS = (
    Column("name", "姓名", also=("工人姓名", "劳动者")),
    Column("phone", "手机号", also=("电话", "联系电话")),
    Column("id_number", "身份证号", also=("证件号码", "身份证")),
    Column("amount", "金额（元）", "money", ("金额", "欠薪金额", "应付金额")),
    Column("since", "从哪天起", "date", ("起始日期", "开始日期")),
    Column("until", "到哪天（含）", "last_day", ("截止日期", "结束日期")),
)
INSTALMENTS = (
    Column("due_on", "兑付日期", "date", ("日期",)),
    Column("amount", "金额（元）", "money", ("金额",)),
)


class RowsWidget(forms.Widget):
    """Draws the rows typed so far and some blank ones; reads them back with what was pasted."""

    template_name = "console/rows.html"

    def __init__(self, columns: Sequence[Column], blanks: int) -> None:
        super().__init__()
        self.columns, self.blanks = columns, blanks

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, Any]:
        """{"rows": [{column: text}], "paste": text} as typed, blank rows left out."""
        rows = []
        for n in range(MOST):
            if f"{name}-{n}-{self.columns[0].name}" not in data:
                break
            row = {c.name: str(data.get(f"{name}-{n}-{c.name}", "")).strip() for c in self.columns}
            if any(row.values()):
                rows.append(row)
        return {"rows": rows, "paste": str(data.get(f"{name}-paste", ""))}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return f"{name}-0-{self.columns[0].name}" not in data

    def id_for_label(self, id_: str, index: str | None = None) -> str:
        return ""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        found = value if isinstance(value, Mapping) else {"rows": value or [], "paste": ""}
        typed = [*found["rows"], *({} for _ in range(self.blanks))]
        rows = [
            [{"column": c, "name": f"{name}-{n}-{c.name}", "value": row.get(c.name, "")} for c in self.columns]
            for n, row in enumerate(typed)
        ]
        return {"widget": {"name": name, "columns": self.columns, "rows": rows, "paste": found["paste"],
                           "order": "、".join(c.zh for c in self.columns)}}  # fmt: skip


class RowsField(forms.Field):
    """A list of dictionaries; checks only that rows can be read, the command checks what they say."""

    def __init__(self, columns: Sequence[Column], *, blanks: int = 3, **kw: Any) -> None:
        self.columns = columns
        self.names = {c.name: c.zh for c in columns}
        super().__init__(widget=RowsWidget(columns, blanks), **kw)

    def clean(self, value: Any) -> list[dict[str, str]]:
        """Rows typed, then rows pasted. Raises ValidationError naming the line that cannot be read."""
        found: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {"rows": [], "paste": ""}
        rows = [self._filled(row) for row in found["rows"]] + self._pasted(found["paste"])
        if self.required and not rows:
            raise forms.ValidationError("请至少填写一行")
        if len(rows) > MOST:
            raise forms.ValidationError(f"最多 {MOST} 行，请分几次填写")
        return rows

    def _pasted(self, text: str) -> list[dict[str, str]]:
        lines = [(n, [cell.strip() for cell in _SPLIT.split(line.strip())]) for n, line in _lines(text)]
        columns: Sequence[Column | None] = self.columns
        if lines and (heading := self._heading(lines[0][1])):
            columns, lines = heading, lines[1:]
        rows = []
        for n, cells in lines:
            if len([c for c in cells if c]) > len(columns):
                raise forms.ValidationError(f"粘贴的第 {n} 行多于 {len(columns)} 列，请按“{self._order()}”的顺序粘贴")
            row = {c.name: cell for c, cell in zip(columns, cells, strict=False) if c is not None}
            rows.append(self._filled(row))
        return rows

    def _order(self) -> str:
        return "、".join(c.zh for c in self.columns)

    def _heading(self, cells: Sequence[str]) -> list[Column | None] | None:
        known = {name: c for c in self.columns for name in (c.zh, *c.also)}
        found = [known.get(cell) for cell in cells]
        return found if any(found) else None

    def _filled(self, row: Mapping[str, str]) -> dict[str, str]:
        kinds = {c.name: c.kind for c in self.columns}
        return {name: _day_after(text) if kinds[name] == "last_day" else text for name, text in row.items() if text}


def _lines(text: str) -> list[tuple[int, str]]:
    return [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]


def _day_after(text: str) -> str:
    try:
        return (date.fromisoformat(text.replace("/", "-")) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return text
