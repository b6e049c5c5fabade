from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.money import exact, usd

AMOUNTS = st.decimals(min_value=-(10**20), max_value=10**20, places=15)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("3E-7"), "0.0000003"),
        (Decimal("0.000000000000001"), "0.000000000000001"),
        (Decimal("0E-15"), "0"),
        (Decimal("1E+3"), "1000"),
        (Decimal("100.000000000000000"), "100"),
        (Decimal("-1.50"), "-1.5"),
        (Decimal(f"{'9' * 23}.{'9' * 15}"), f"{'9' * 23}.{'9' * 15}"),
    ],
)
def test_every_digit_is_written_and_no_exponent(amount: Decimal, text: str) -> None:
    assert exact(amount) == text


@given(AMOUNTS)
def test_what_is_written_is_the_amount(amount: Decimal) -> None:
    text = exact(amount)
    assert Decimal(text) == amount
    assert "e" not in text.lower()


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (Decimal("1234.567"), "$1,234.57"),
        (Decimal("-1234.5"), "-$1,234.50"),
        (Decimal(0), "$0.00"),
        (None, "–"),
    ],
)
def test_people_see_dollars_and_unknown_is_a_dash(amount: Decimal | None, text: str) -> None:
    assert usd(amount) == text


def test_decimals_are_chosen() -> None:
    assert usd(Decimal("0.00012345"), decimals=6) == "$0.000123"
