"""Identifiers are checked on the way in and masked on the way out."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn
from stdnum.cn import ric, uscc

from anxin.foundation.kernel import identifiers
from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.kernel.numbers import check_template, number
from anxin.foundation.kernel.period import Period

PEOPLE = ["33078419900101001X", "330424198506150029", "330105200002290030"]
FIRMS = ["91350100M000100Y43", "91110108551385082Q", "91331122MA2A0M9B7N", "91520103MA6E8TN42B"]


def _accepted(check: object, text: str) -> bool:
    try:
        check(text)  # type: ignore[operator]
    except BadInput:
        return False
    return True


@pytest.mark.parametrize("known", PEOPLE)
def test_resident_ids(known: str) -> None:
    assert identifiers.id_number(f" {known[:6]} {known[6:].lower()} ") == known
    assert not _accepted(identifiers.id_number, known[:17] + ("1" if known[17] != "1" else "2"))


@given(st.dates(date(1930, 1, 1), date(2020, 12, 31)), st.integers(0, 999), st.sampled_from("0123456789X"))
def test_resident_ids_agree_with_an_independent_library(born: date, serial: int, last: str) -> None:
    text = f"330784{born:%Y%m%d}{serial:03d}{last}"
    assert _accepted(identifiers.id_number, text) == (ric.calc_check_digit(text) == last)


def test_an_id_of_the_first_generation_is_converted() -> None:
    assert identifiers.id_number("330784900101001") == "33078419900101001X"


@pytest.mark.parametrize("text", ["33078419900231001X", "3307841990010100", "", "３３０７８４X", "330784199001010013"])
def test_a_wrong_id_is_refused(text: str) -> None:
    assert not _accepted(identifiers.id_number, text)


@pytest.mark.parametrize("known", FIRMS)
def test_credit_codes(known: str) -> None:
    assert identifiers.credit_code(known.lower()) == known


@given(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=9, max_size=9))
def test_exactly_one_check_character_fits_every_code(body: str) -> None:
    front = f"91330784{body}"
    fitting = [c for c in "0123456789ABCDEFGHJKLMNPQRTUWXY" if _accepted(identifiers.credit_code, front + c)]
    assert len(fitting) == 1
    try:
        oracle = uscc.calc_check_digit(front)
    except IndexError:  # the library indexes beyond its alphabet when the weighted sum is a multiple of 31
        oracle = "0"
    assert fitting == [oracle]


@given(st.text("0123456789", min_size=16, max_size=19))
def test_bank_cards_agree_with_an_independent_library(text: str) -> None:
    assert _accepted(identifiers.bank_card, text) == luhn.is_valid(text)


def test_mobile_numbers() -> None:
    assert identifiers.mobile("+86 138-0000-1234") == "13800001234"
    assert identifiers.mobile("１３８００００１２３４") == "13800001234"
    for wrong in ("12800001234", "1380000123", "0579-87654321", ""):
        assert not _accepted(identifiers.mobile, wrong)


def test_place_codes_are_padded() -> None:
    assert identifiers.place_code("330784115") == "330784115000"
    assert not _accepted(identifiers.place_code, "33078")


def test_masks_keep_only_what_the_rule_keeps() -> None:
    assert identifiers.mask_id("33078419900101001X") == "330784********001X"
    assert identifiers.mask_phone("13800001234") == "138****1234"
    assert identifiers.mask_card("6222021234567890123") == "***************0123"
    assert identifiers.mask_phone("123456") == "******"
    assert [identifiers.mask_name(name) for name in ("张三", "欧阳小明", "")] == ["张*", "欧***", ""]


def test_numbers_follow_the_template_of_the_pack() -> None:
    assert number("W{day:%Y%m%d}-{serial:04d}", serial=7, day=date(2023, 11, 1)) == "W20231101-0007"
    assert number("永人社调字〔{year}〕第{serial}号", serial=12, day=date(2023, 1, 1)) == "永人社调字〔2023〕第12号"


@pytest.mark.parametrize("template", ["W{day}", "{serial}{who}", "{serial", "{serial:%Y}", "{serial.real.x}", "{}"])
def test_a_template_that_cannot_number_is_refused(template: str) -> None:
    with pytest.raises(BadInput):
        check_template(template)


def test_periods_are_half_open() -> None:
    march = Period(date(2023, 3, 1), date(2023, 4, 1))
    assert date(2023, 3, 31) in march and date(2023, 4, 1) not in march
    assert march.days == 31
    assert not march.overlaps(Period(date(2023, 4, 1)))
    assert march.intersection(Period(date(2023, 3, 15))) == Period(date(2023, 3, 15), date(2023, 4, 1))
    with pytest.raises(BadInput):
        Period(date(2023, 4, 1), date(2023, 3, 1))
