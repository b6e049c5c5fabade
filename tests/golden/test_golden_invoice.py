"""The golden month's invoice: what its cost rows add up to is what reports add up to."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from conftest import GoldenMonth

from models.chargeback import KEY_COLUMNS, chargeback
from models.reconciliation import reconciliation
from models.viewer import operator

MONTH = "2026-10"
WALK = {"list", "discount", "legacy", "cause", "residual"}
Row = dict[str, Any]


def lines(file: Path) -> Iterator[Row]:
    for line in file.read_text(encoding="utf-8").splitlines():
        yield json.loads(line, parse_float=Decimal, parse_int=Decimal)


@pytest.fixture(scope="module")
def charged(golden: GoldenMonth) -> dict[tuple[str, str], Fraction]:
    """USD by day and charge type of Anthropic's rows of October, as they are recorded."""
    sums: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for file in (golden.workspace / "costs").glob("*.jsonl"):
        for row in lines(file):
            day = datetime.strptime(row["Date"], "%m/%d/%Y").date().isoformat()  # noqa: DTZ007 (a day)
            if row["PublisherName"] == "Anthropic" and day.startswith(MONTH):
                sums[day, row["ChargeType"]] += Fraction(row["CostInBillingCurrency"])
    return sums


@pytest.fixture(scope="module")
def truth(golden: GoldenMonth) -> list[Row]:
    """The generator's bill: 1 row per hour."""
    hours = lines(golden.truth / "costs.jsonl")
    return [row for row in hours if row["hour"].startswith(MONTH)]


def report(golden: GoldenMonth, *by: str) -> list[Row]:
    folder = golden.settings.publication_dir
    return reconciliation(folder, operator(), month=MONTH, by=by).records()


# Rows by group overlap.
@pytest.mark.parametrize("key", [key for key in KEY_COLUMNS if key != "group"])
def test_billed_costs_add_up_to_the_recorded_invoice(
    golden: GoldenMonth, charged: dict[tuple[str, str], Fraction], key: str
) -> None:
    answer = chargeback(golden.settings.publication_dir, operator(), month=MONTH, by=[key])
    rows = answer.records()
    assert sum(Fraction(row["billed_cost_usd"] or 0) for row in rows) == sum(charged.values())
    refunds = sum(amount for (_, kind), amount in charged.items() if kind == "Refund")
    assert refunds < 0
    corrections = [row for row in rows if row["label"] == "correction"]
    assert sum(Fraction(row["billed_cost_usd"]) for row in corrections) == refunds


def test_every_day_adds_up(golden: GoldenMonth, charged: dict[tuple[str, str], Fraction]) -> None:
    rows = report(golden, "day")
    days = {str(row["day"]) for row in rows if row["day"]}
    assert len(days) == 31
    for day in days:
        walk = [row for row in rows if str(row["day"]) == day and row["kind"] in WALK]
        expected = sum(amount for (on, _), amount in charged.items() if on == day)
        assert sum(Fraction(row["amount_usd"]) for row in walk) == expected, day


def test_the_walk_begins_at_the_ledger(golden: GoldenMonth) -> None:
    answer = chargeback(golden.settings.publication_dir, operator(), month=MONTH, by=["unit"])
    booked = answer.records()
    walk = report(golden)
    listed = sum(row["amount_usd"] for row in walk if row["kind"] == "list")
    assert listed == sum(row["list_cost_usd"] or 0 for row in booked)
    (expected,) = [row["amount_usd"] for row in walk if row["line"] == "expected"]
    assert expected == sum(row["contracted_cost_usd"] or 0 for row in booked)


def test_what_is_billed_is_the_truth_rounded_by_the_hour(
    golden: GoldenMonth, truth: list[Row], charged: dict[tuple[str, str], Fraction]
) -> None:
    """The bounds of rounding and of all causes hold on every settled day."""
    parts = ("gateway_tokens_usd", "unlogged_tokens_usd", "outside_tokens_usd", "web_search_usd")
    exact: dict[str, Fraction] = defaultdict(Fraction)
    hours: dict[str, int] = defaultdict(int)
    searches: dict[str, Fraction] = defaultdict(Fraction)
    for row in truth:
        exact[row["hour"][:10]] += sum(Fraction(row[name]) for name in parts)
        hours[row["hour"][:10]] += 1
        searches[row["hour"][:10]] += Fraction(row["web_search_usd"])
    rows = {(str(row["day"]), row["line"]): row for row in report(golden, "day")}
    settled = [day for day, line in rows if line == "hourly_rounding"]
    assert len(settled) == 30
    for day in settled:
        rounding, residual = rows[day, "hourly_rounding"], rows[day, "residual"]
        assert rounding["cases"] >= hours[day], day
        # Amounts of the recording carry the noise of somebody's binary arithmetic.
        off = charged[day, "Usage"] - exact[day] + Fraction(1, 10**12)
        assert 0 <= off <= Fraction(rounding["high_usd"]) + Fraction(1, 10**11), day
        # Web searches are in no log: what they cost is left over.
        left = Fraction(residual["amount_usd"]) - searches[day]
        assert residual["low_usd"] <= left, day
        assert residual["high_usd"] is None or left <= residual["high_usd"], day
