"""Near-identical texts: how alike two are, and which of many belong together. Pure."""

from __future__ import annotations

import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz

_NOISE = re.compile(r"[\W_]+")
_SHINGLE = 6
_SKETCH = 12
_CROWD = 200


def plain(text: str) -> str:
    """The text without spaces and punctuation: what a person would call the same words."""
    return _NOISE.sub("", text)


def likeness(one: str, other: str) -> float:
    """From 0 (nothing in common) to 1 (the same words in the same order)."""
    return fuzz.ratio(plain(one), plain(other)) / 100


def group_messages(texts: Mapping[int, str], threshold: float) -> list[list[int]]:
    """Groups of two or more keys whose texts are at least `threshold` alike, each in the order given.

    Only texts that share one of their twelve lowest hashes of six characters are compared: texts that are nearly the
    same nearly always do, and four thousand messages take a second instead of minutes.
    """
    bare = {key: plain(text) for key, text in texts.items()}
    buckets: dict[int, list[int]] = defaultdict(list)
    for key, text in bare.items():
        for mark in _sketch(text):
            buckets[mark].append(key)
    roots = {key: key for key in bare}
    for members in buckets.values():
        _join(members[:_CROWD], bare, roots, threshold * 100)
    groups: dict[int, list[int]] = defaultdict(list)
    for key in bare:
        groups[_root(roots, key)].append(key)
    return [group for group in groups.values() if len(group) > 1]


def _join(members: list[int], bare: Mapping[int, str], roots: dict[int, int], cutoff: float) -> None:
    for place, one in enumerate(members):
        for other in members[place + 1 :]:
            first, second = _root(roots, one), _root(roots, other)
            if first != second and fuzz.ratio(bare[one], bare[other], score_cutoff=cutoff):
                roots[second] = first


def _root(roots: dict[int, int], key: int) -> int:
    while roots[key] != key:
        roots[key] = roots[roots[key]]
        key = roots[key]
    return key


def _sketch(text: str) -> Iterable[int]:
    pieces = {text[i : i + _SHINGLE] for i in range(max(len(text) - _SHINGLE, 0) + 1)} if text else set()
    return sorted(zlib.crc32(piece.encode()) for piece in pieces)[:_SKETCH]
