"""What one budget comes to: shares, thresholds, the day it is exhausted, its state, its notes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import numpy as np

from models.day_shape import Floats
from models.forecast import INTERVAL

_TEXT, _MONEY = "VARCHAR", "DECIMAL(38,15)"
BUDGET_COLUMNS = {
    "subject_kind": _TEXT,
    "subject": _TEXT,
    "name": _TEXT,
    "period": _TEXT,
    "fiscal_period": _TEXT,
    "period_from": "DATE",
    "period_to": "DATE",
    "amount_usd": _MONEY,
    "spent_usd": _MONEY,
    "spent_share": _MONEY,
    "forecast_usd": _MONEY,
    "forecast_low_usd": _MONEY,
    "forecast_high_usd": _MONEY,
    "forecast_interval_share": _MONEY,
    "forecast_share": _MONEY,
    "thresholds_reached": f"{_MONEY}[]",
    "thresholds_expected": f"{_MONEY}[]",
    "exhausted_on": "DATE",
    "state": _TEXT,
    "data_until": "TIMESTAMP",
    "overlaps": "BOOLEAN",
    "note": _TEXT,
}
"""The columns of `report budget` with their types. period_to is the first day after the period."""

INTERVAL_SHARE = Decimal(INTERVAL).scaleb(-2)
_CENT = Decimal("0.01")
_SHARE = Decimal("0.000001")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Expected:
    """What is expected of one series: USD of each day from `first_day` on, bounds of their sum."""

    first_day: date
    daily: Floats
    low: float
    high: float


def budget_row(record: Record, until: datetime, expected: Expected | None) -> dict[str, Any]:
    """Return a budget's row; figures are None where the viewer or the publication knows none."""
    row = dict.fromkeys(BUDGET_COLUMNS) | {
        name: record[name] for name in (*BUDGET_COLUMNS, "caller_id") if name in record
    }
    row |= {
        "data_until": until,
        "overlaps": record["subject_kind"] == "group",
        "note": "; ".join(_notes(record, expected)) or None,
    }
    if expected is None or not record["is_known"] or record["is_hidden"]:
        return row | {"spent_usd": None}
    return row | _figures(record, expected)


def _figures(record: Record, expected: Expected) -> dict[str, Any]:
    amount, spent = record["amount_usd"], record["spent_usd"]
    likely = cents(spent + Decimal(float(expected.daily.sum())))
    low, high = (cents(spent + Decimal(bound)) for bound in (expected.low, expected.high))
    reached = [share for share in record["thresholds"] if spent >= share * amount]
    coming = [share for share in record["thresholds"] if spent < share * amount <= likely]
    return {
        "spent_share": _share(spent, amount),
        "forecast_usd": likely,
        "forecast_low_usd": min(low, likely),
        "forecast_high_usd": max(high, likely),
        "forecast_interval_share": INTERVAL_SHARE,
        "forecast_share": _share(likely, amount),
        "thresholds_reached": reached,
        "thresholds_expected": coming,
        "exhausted_on": record["reached_on"]
        or reached_on(amount - spent, expected, likely - spent),
        "state": _state(amount, spent, likely, has_threshold=bool(reached or coming)),
    }


def cents(amount: Decimal) -> Decimal:
    """Return an amount to the cent: a forecast knows no less."""
    return amount.quantize(_CENT, rounding=ROUND_HALF_EVEN)


def reached_on(left: Decimal, expected: Expected, likely: Decimal) -> date | None:
    """Return the day on which what is left is expected to be used, None if that is no day ahead."""
    if likely < left or not len(expected.daily):
        return None
    day = int(np.searchsorted(np.cumsum(expected.daily), float(left)))
    return expected.first_day + timedelta(days=min(day, len(expected.daily) - 1))


def _share(part: Decimal, amount: Decimal) -> Decimal:
    return (part / amount).quantize(_SHARE)


def _state(amount: Decimal, spent: Decimal, likely: Decimal, *, has_threshold: bool) -> str:
    if spent >= amount:
        return "over"
    if likely >= amount:
        return "forecast_over"
    return "watch" if has_threshold else "ok"


def _notes(record: Record, expected: Expected | None) -> Iterator[str]:
    kind = record["subject_kind"]
    if expected is None:
        yield (
            f"no period of the calendar {record['period']} holds the last day known: add it to"
            " fiscal_periods.csv"
        )
    if not record["is_known"]:
        yield f"no {kind} of this name is published: correct budgets.csv, or wait for its first use"
    elif record["is_hidden"]:
        yield "not shown: too few people"
    elif record["has_hidden_units"]:
        yield "without units of too few people"
    if record["is_out_of_sight"]:
        yield "without what was used in units that you do not see"
    if record["unpriced_requests"] and not record["is_hidden"]:
        yield f"{record['unpriced_requests']} requests without a price are not in it"
