"""Money is whole fen, and its capitals are those of the banks."""

from decimal import Decimal

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from anxin.foundation.kernel.errors import BadInput
from anxin.foundation.kernel.money import LIMIT, Money, fen, in_words, wan, yuan

AMOUNTS = st.integers(0, LIMIT - 1)


@given(AMOUNTS)
def test_fen_and_yuan_are_inverse(amount: int) -> None:
    assert fen(yuan(amount)) == amount
    assert fen(Decimal(yuan(amount))) == amount


@given(st.integers(0, 10**12 - 1))
def test_capitals_agree_with_an_independent_library(amount: int) -> None:
    assert in_words(amount) == cn2an.an2cn(yuan(amount), "rmb")


@pytest.mark.parametrize(
    ("entered", "expected"),
    [
        ("12600.00", 1260000),
        ("12,600", 1260000),
        (12600, 1260000),
        ("0.5", 50),
        (" 7 ", 700),
        (Decimal("1E+3"), 100000),
    ],
)
def test_what_people_type(entered: str | int | Decimal, expected: int) -> None:
    assert fen(entered) == expected


@pytest.mark.parametrize(
    "entered",
    ["", "-1", "1.234", "1e3", "１２", "壹万", "12,60", "NaN", "100000000000.00", "9" * 5000, 1.5, True, None,
     Decimal("NaN"), Decimal("1.001"), Decimal("1E+99")],
)  # fmt: skip
def test_what_is_no_amount_is_refused_in_words(entered: object) -> None:
    with pytest.raises(BadInput) as refusal:
        fen(entered)  # type: ignore[arg-type]
    assert "金额" in refusal.value.message


def test_a_parameter_of_type_money_takes_yuan_and_hands_over_fen() -> None:
    amount = TypeAdapter(Money)
    assert amount.validate_python("499999.99") == 49999999
    assert amount.validate_python(500000) == 50000000
    with pytest.raises(ValidationError, match="两位小数"):
        amount.validate_python("1.999")


@given(AMOUNTS)
def test_ten_thousands_are_at_most_half_a_hundredth_off(amount: int) -> None:
    assert abs(Decimal(wan(amount)) * 1_000_000 - amount) <= 5_000


def test_ten_thousands_round_half_up() -> None:
    assert [wan(1260000), wan(13310000), wan(500000), wan(5000)] == ["1.26", "13.31", "0.50", "0.01"]
