"""Figures on the page: nothing known becomes zero, nothing small either."""

from datetime import datetime
from decimal import Decimal

import pytest

from dashboard.figures import (
    common_decimals,
    count_text,
    evidence_text,
    moment_text,
    money_text,
    share_text,
    short_text,
)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("1234.56", "$1,234.56"),
        ("1234.567", "$1,234.57"),
        ("0", "$0.00"),
        ("0.5", "$0.500"),
        ("0.034", "$0.0340"),
        ("0.0000003", "$0.000000300"),
        ("-0.034", "-$0.0340"),
        ("-1234.5", "-$1,234.50"),
        ("12345678901234567890.12", "$12,345,678,901,234,567,890.12"),
    ],
)
def test_money(amount: str, text: str) -> None:
    assert money_text(Decimal(amount)) == text


def test_unknown_is_a_word() -> None:
    row = {"list_cost_usd": None, "cost_status": "partial"}
    texts = (money_text(None), count_text(None), share_text(0, 0), moment_text(None))
    assert {*texts, evidence_text(row)} == {"unknown"}


def test_a_column_of_small_amounts_lines_up() -> None:
    small = [Decimal("0.00085"), Decimal("0.034"), None, Decimal(0)]
    assert common_decimals(small) == 6
    assert common_decimals([*small, Decimal(1)]) is None
    assert common_decimals([None]) is None


def test_a_share_is_100_percent_only_when_nothing_is_missing() -> None:
    assert share_text(999_999, 1_000_000) == "99.9 %"
    assert share_text(5, 5) == "100 %"
    assert share_text(0, 5) == "0 %"


def test_evidence_names_what_is_missing() -> None:
    row = {
        "list_cost_usd": Decimal(1),
        "measured_share": Decimal(1),
        "calibrated_share": Decimal(0),
    }
    assert evidence_text(row | {"cost_status": "partial"}) == "measured · partial"
    assert evidence_text(row | {"cost_status": "complete"}) == "measured"
    half = row | {"measured_share": Decimal("0.504"), "cost_status": "complete"}
    assert evidence_text(half) == "50 % measured"
    none = row | {"measured_share": Decimal(0), "cost_status": "complete"}
    assert evidence_text(none) == "calibrated"


def test_a_request_is_as_well_known_as_its_weakest_tokens() -> None:
    row = {"list_cost_usd": Decimal(1), "cost_status": "complete", "usage_evidence": "measured"}
    for read, write, expected in (
        ("measured", "measured", "measured"),
        ("measured", "calibrated", "part calibrated"),
        ("calibrated", "estimated", "part estimated"),
        (None, None, "measured"),
    ):
        evidence = {"cache_read_evidence": read, "cache_write_evidence": write}
        assert evidence_text(row | evidence) == expected


def test_times_are_utc_to_the_minute() -> None:
    assert moment_text(datetime(2026, 10, 1, 9, 5, 59)) == "2026-10-01 09:05 UTC"  # noqa: DTZ001 (tables hold naive UTC)


def test_text_from_outside_is_one_line_without_controls() -> None:
    assert short_text("a\nb\u202e\x00c") == "a b c"
    assert short_text("x" * 1_000_000, 80) == "x" * 79 + "…"
