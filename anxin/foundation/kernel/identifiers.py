"""Identifiers of people, firms and places: checked on the way in, masked on the way out.

Source: GB 11643-1999 (resident ID), GB 32100-2015 (unified social credit code), NBS 12-digit division codes.
Validators return the normal form and raise BadInput with a message that says what to look at.
"""

from __future__ import annotations

import re
from datetime import date

from anxin.foundation.kernel.errors import BadInput

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def id_number(text: str) -> str:
    """The 18-character resident ID; a 15-digit one of the first generation is converted."""
    number = _compact(text).upper()
    if re.fullmatch(r"\d{15}", number):
        body = f"{number[:6]}19{number[6:]}"
        number = body + _id_check(body)
    if not re.fullmatch(r"\d{17}[\dX]", number):
        raise BadInput("身份证号应为18位，最后一位是数字或X")
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BadInput("身份证号中的出生日期不存在，请核对第7至14位") from None
    if _id_check(number[:17]) != number[17]:
        raise BadInput("身份证号校验不符，请逐位核对")
    return number


def _id_check(body: str) -> str:
    return _ID_CHECKS[sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True)) % 11]


def mobile(text: str) -> str:
    """The 11 digits of a mainland mobile number; spaces, hyphens and +86 are dropped."""
    number = re.sub(r"^(\+|00)86", "", re.sub(r"[\s-]", "", _narrow(text)))
    if not (number.isascii() and re.fullmatch(r"1[3-9]\d{9}", number)):
        raise BadInput("手机号应为11位，以13至19开头")
    return number


def credit_code(text: str) -> str:
    """The 18-character unified social credit code (统一社会信用代码)."""
    code = _compact(text).upper()
    if not re.fullmatch(rf"[{_CREDIT_ALPHABET}]{{2}}\d{{6}}[{_CREDIT_ALPHABET}]{{10}}", code):
        raise BadInput("统一社会信用代码应为18位数字和大写字母（不含 I、O、S、V、Z）")
    total = sum(_CREDIT_ALPHABET.index(c) * weight for c, weight in zip(code, _CREDIT_WEIGHTS, strict=False))
    if _CREDIT_ALPHABET[(31 - total % 31) % 31] != code[17]:
        raise BadInput("统一社会信用代码校验不符，请逐位核对")
    return code


def bank_card(text: str) -> str:
    """A card number of 16 to 19 digits that passes the Luhn check."""
    number = _compact(text)
    if not (number.isascii() and re.fullmatch(r"\d{16,19}", number)):
        raise BadInput("银行卡号应为16至19位数字")
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    if (sum(digits[::2]) + sum(doubled)) % 10:
        raise BadInput("银行卡号校验不符，请逐位核对")
    return number


def place_code(text: str) -> str:
    """A division code padded to the 12 digits of the statistics bureau: "330784115" -> "330784115000"."""
    code = _compact(text)
    if not (code.isascii() and code.isdigit() and len(code) in (2, 4, 6, 9, 12)):
        raise BadInput("区划代码应为2、4、6、9或12位数字")
    return code.ljust(12, "0")


def mask_id(number: str) -> str:
    """First six and last four stay: 330784********001X."""
    return _mask(number, first=6, last=4)


def mask_phone(number: str) -> str:
    """First three and last four stay: 138****5678."""
    return _mask(number, first=3, last=4)


def mask_card(number: str) -> str:
    """Last four stay."""
    return _mask(number, first=0, last=4)


def mask_name(name: str) -> str:
    """The family name stays: 张**."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def _mask(text: str, *, first: int, last: int) -> str:
    """Too short to keep both ends means keeping neither."""
    if len(text) <= first + last:
        return "*" * len(text)
    return text[:first] + "*" * (len(text) - first - last) + text[len(text) - last :]


def _narrow(text: str) -> str:
    """Full-width digits and letters as typed by Chinese input methods become ASCII."""
    return "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in str(text)).strip()


def _compact(text: str) -> str:
    return re.sub(r"[\s\u3000-]", "", _narrow(text))
