"""Names of firms as they are compared: what clerks, licences and hotlines write differently becomes the same."""

from __future__ import annotations

import re
import unicodedata

_NOISE = re.compile(r"[\s()\[\]{}<>【】〔〕《》「」“”\"'·.,、_-]+")
_COMPANY = re.compile(r"(股份有限责任|有限责任|股份有限|责任有限|有限)?公司")
_COMPANY_BEGUN = re.compile(r"(股份?)?(有限?)?(责任?)?公?$")

_KIND = re.compile(r"(分?公司|加工厂|厂|经营部|服务部|商行|店|合作社)$")
_RANK = re.compile(r"[市县区]$")


def folded(name: str) -> str:
    """Full width to half, lower case, without spaces, brackets and punctuation."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", name)).lower()


def normal(name: str) -> str:
    """The form two names are compared by: folded, and every variant of 有限公司 written 公司."""
    return _COMPANY.sub("公司", folded(name))


def fragment(text: str) -> str:
    """What to look for inside normal names when somebody has typed `text`, a suffix half typed included."""
    found = normal(text)
    return found if found.endswith("公司") else _COMPANY_BEGUN.sub("", found) or found


def core(key: str, county: str) -> str:
    """What tells one firm from its neighbours: a normal name without the county in front and the kind behind."""
    rest = key.removeprefix(county) if key.startswith(county) else key.removeprefix(_RANK.sub("", county))
    return _KIND.sub("", rest) or key
