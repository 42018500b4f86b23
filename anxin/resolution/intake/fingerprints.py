"""What makes two complaints comparable without reading who sent them, and the receipt code.

Every hash of personal data is keyed with the server's secret: without it a phone number cannot be tried out.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from anxin.registry.employers.names import normal


def _keyed(purpose: str, text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def phone_hash(phone: str) -> str:
    """A blind index of a phone number; "" for none."""
    return _keyed("phone", phone) if phone else ""


def body_hash(body: Mapping[str, Any]) -> str:
    """Tells whether a resend says the same as the first time."""
    return _keyed("body", json.dumps(body, ensure_ascii=False, sort_keys=True, default=str))


def employer_key(name: str) -> str:
    """An employer's name as callers mean it: the registry's normal form without 公司 at its end."""
    key = normal(name)
    return key.removesuffix("公司") or key


def receipt_code(county: str, number: str) -> str:
    """The code read out to the reporter, 4-4-4 digits. It can be derived again, so it is never stored."""
    digits = f"{int(_keyed('receipt', f'{county}:{number}'), 16) % 10**12:012d}"
    return "-".join((digits[:4], digits[4:8], digits[8:]))


def receipt_hash(code: str) -> str:
    """What is stored of a receipt code; spaces, hyphens and full-width digits do not matter."""
    digits = "".join(str(int(c)) for c in code if c.isdecimal())
    return hashlib.sha256(digits.encode()).hexdigest()


def lock_number(text: str) -> int:
    """A signed 64-bit number for the database's advisory lock."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
