"""The cells of the first visible sheet of an .xlsx file, after a look at what the file would unpack to. Pure.

The reader allocates a full rectangle from A1 to the last cell: one stray cell at the far corner of a sheet would take
all memory. So sizes, references, formulas and merged ranges are read from the XML first.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import python_calamine

from anxin.foundation.kernel.errors import BadInput

MOST_UNPACKED = 200 * 1024 * 1024
MOST_ROWS = 50_000
MOST_COLUMNS = 60

_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>(\s*<(?:\w+:)?f[\s>/])?')
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^>]*?\bref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass
class Table:
    """Rows of cells from A1 on, and the places (row, column, from zero) of formulas and merged cells."""

    rows: list[list[Any]]
    formulas: frozenset[tuple[int, int]] = frozenset()
    merged: frozenset[tuple[int, int]] = frozenset()


@dataclass
class _Marks:
    rows: int = 0
    columns: int = 0
    formulas: set[tuple[int, int]] = field(default_factory=set)
    merged: set[tuple[int, int]] = field(default_factory=set)


def read(content: bytes) -> Table:
    """The table; raises `BadInput` with one clear line for a file that is broken or too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise BadInput("文件解压后过大，请分成几个文件导入")
            name, part = _first_sheet(archive)
            marks = _marks(archive.read(part))
    except (zipfile.BadZipFile, KeyError, ElementTree.ParseError, NotImplementedError, RuntimeError, OSError, EOFError):
        raise BadInput("文件已损坏，或不是 xlsx 工作簿", fix="请用表格软件打开后另存为 xlsx 再导入") from None
    check_size(marks.rows, marks.columns)
    return Table(_cells(content, name), frozenset(marks.formulas), frozenset(marks.merged))


def check_size(rows: int, columns: int) -> None:
    """Raise `BadInput` for more rows (the headings aside) or columns than are read."""
    if rows > MOST_ROWS + 1:
        raise BadInput(f"超过{MOST_ROWS}行，请分成几个文件导入")
    if columns > MOST_COLUMNS:
        raise BadInput(f"超过{MOST_COLUMNS}列，请删去用不到的列")


def _cells(content: bytes, name: str) -> list[list[Any]]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        rows: list[list[Any]] = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except Exception:
        raise BadInput("工作簿读不出来", fix="请用表格软件打开后另存为 xlsx 再导入") from None
    return rows


def _first_sheet(archive: zipfile.ZipFile) -> tuple[str, str]:
    """Name and part of the first sheet that is not hidden."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {node.get("Id"): str(node.get("Target")) for node in relations}
    for node in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if node.tag.endswith("}sheet") and node.get("state", "visible") == "visible":
            target = targets[node.get(_RELATION)]
            return str(node.get("name")), target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    raise KeyError("no visible sheet")


def _marks(xml: bytes) -> _Marks:
    marks = _Marks()
    for found in _CELL.finditer(xml):
        row, column = int(found[2]) - 1, _column(found[1])
        marks.rows, marks.columns = max(marks.rows, row + 1), max(marks.columns, column + 1)
        if found[3]:
            marks.formulas.add((row, column))
    for found in _MERGED.finditer(xml):
        marks.merged.update(_span(found))
    return marks


def _span(found: re.Match[bytes]) -> Iterator[tuple[int, int]]:
    """The cells of one merged range, no further than a sheet that would be read."""
    left, right = _column(found[1]), min(_column(found[3]), MOST_COLUMNS)
    top, bottom = int(found[2]) - 1, min(int(found[4]) - 1, MOST_ROWS)
    return ((row, column) for row in range(top, bottom + 1) for column in range(left, right + 1))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
