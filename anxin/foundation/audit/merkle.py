"""The root of a Merkle tree as RFC 6962 §2.1 builds it. Pure.

Leaves and inner nodes are hashed with different first bytes, and an odd last node moves up unhashed, so that no two
lists of leaves share a root (with the habit of doubling the last leaf some do).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root(leaves: Sequence[bytes]) -> bytes:
    """The 32-byte SHA-256 root over `leaves`, in their order."""
    level = [hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves] or [hashlib.sha256().digest()]
    while len(level) > 1:
        odd = [level[-1]] if len(level) % 2 else []
        level = [_node(left, right) for left, right in zip(level[::2], level[1::2], strict=False)] + odd
    return level[0]


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
