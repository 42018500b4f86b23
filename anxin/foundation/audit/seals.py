"""What a seal says: its manifest of entries, the digest that binds it to the seal before it, and its signature."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import struct
from collections.abc import Callable, Iterable

from django.conf import settings

from anxin.foundation.audit import merkle
from anxin.foundation.audit.models import Seal

HMAC_SHA256 = "hmac-sha256"
"""Keyed by the installation's secret. A stronger algorithm is one more row of `_SIGN`; old seals keep theirs."""

_SIGN: dict[str, Callable[[bytes, str], str]] = {
    HMAC_SHA256: lambda key, text: hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),
}
_PURPOSE = b"anxin audit seal"
_RECORD = struct.Struct(">q32s")
_HASH = re.compile("[0-9a-f]{64}")


def pack(entries: Iterable[tuple[int, str]]) -> bytes:
    """The manifest: for each (id, hexadecimal digest) 8 bytes of id and 32 bytes of digest."""
    return b"".join(_RECORD.pack(number, hash_bytes(hashed)) for number, hashed in entries)


def unpack(manifest: bytes) -> list[tuple[int, str]]:
    """The (id, digest) pairs of a manifest made of whole records."""
    return [(number, hashed.hex()) for number, hashed in _RECORD.iter_unpack(manifest)]


def hash_bytes(hashed: str) -> bytes:
    """The 32 bytes of a digest; zeros for what is none, so that a spoilt entry cannot stop the sealing of others."""
    return bytes.fromhex(hashed) if _HASH.fullmatch(hashed) else bytes(32)


def is_manifest(seal: Seal) -> bool:
    """Whether the manifest is the one whose root and length were signed."""
    manifest = bytes(seal.manifest)
    return len(manifest) == _RECORD.size * seal.entries and root(manifest) == seal.root


def root(manifest: bytes) -> str:
    """The Merkle root over the records of a manifest: ids are bound as well as digests, hence the order too."""
    size = _RECORD.size
    return merkle.root([manifest[start : start + size] for start in range(0, len(manifest), size)]).hex()


def digest(seal: Seal) -> str:
    """The hash that binds a seal to the one before it; anybody can compute it without a key."""
    body = [
        seal.previous,
        seal.seq,
        seal.at.timestamp(),
        seal.first_entry,
        seal.last_entry,
        seal.entries,
        seal.root,
        seal.algorithm,
        seal.key,
    ]
    return hashlib.sha256(json.dumps(body, separators=(",", ":")).encode()).hexdigest()


def sign(seal: Seal) -> None:
    """Name the key in use and fill in digest and signature."""
    key = _keys()[0]
    seal.algorithm, seal.key = HMAC_SHA256, _number(key)
    seal.digest = digest(seal)
    seal.signature = _SIGN[seal.algorithm](key, seal.digest)


def key_is_known(seal: Seal) -> bool:
    """Whether this installation still has the key and the algorithm of the seal."""
    return seal.algorithm in _SIGN and seal.key in map(_number, _keys())


def is_signed(seal: Seal) -> bool:
    """Whether the signature is that of the key the seal names."""
    keys = {_number(key): key for key in _keys()}
    return hmac.compare_digest(_SIGN[seal.algorithm](keys[seal.key], seal.digest), seal.signature)


def _keys() -> list[bytes]:
    """The key in use, then the retired ones: each derived from a secret, so that no seal gives a secret away."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hmac.new(str(secret).encode(), _PURPOSE, hashlib.sha256).digest() for secret in secrets]


def _number(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()[:16]
