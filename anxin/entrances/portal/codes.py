"""What a scanned code stands for: a place, an employer or a project of this county."""

from __future__ import annotations

import re
from typing import Any

from anxin.foundation.directory import selectors as directory
from anxin.foundation.directory.codes import county_of, town_of
from anxin.foundation.kernel.errors import AnxinError
from anxin.registry.employers import selectors as employers
from anxin.registry.projects import selectors as projects

_PLACE, _ENTRY = re.compile(r"\d{12}"), re.compile(r"([ep])(\d{1,18})")


def opened(code: str, county: str) -> dict[str, Any] | None:
    """What the report starts with: place, town and place_zh, or employer_id and employer, or project and project_zh.

    None for a code that is unknown, of another county, or no longer in use.
    """
    if _PLACE.fullmatch(code):
        return _place(code, county)
    found = _ENTRY.fullmatch(code)
    if found is None:
        return None
    pk = int(found[2])
    if found[1] == "e":
        name = employers.in_county([pk], county).get(pk)
        return {"employer_id": pk, "employer": name} if name else None
    name = projects.in_county([pk], county).get(pk)
    return {"project": str(pk), "project_zh": name} if name else None


def _place(code: str, county: str) -> dict[str, Any] | None:
    if county_of(code) != county:
        return None
    try:
        directory.place_get(code)
    except AnxinError:
        return None
    return {"place": code, "town": town_of(code), "place_zh": " ".join(directory.breadcrumb(code))}
