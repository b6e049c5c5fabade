"""Lines of budgets, fiscal periods and calendars by hand, as the publication holds them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from models.seeds import ALWAYS, FOREVER

_TIMES = {
    "valid_from": ALWAYS,
    "valid_to": FOREVER,
    "recorded_from": ALWAYS,
    "recorded_to": FOREVER,
    "source": "a test",
}

Line = Mapping[str, Any]


def budget(kind: str, subject: str, amount_usd: Any, period: str = "month", **changes: Any) -> Line:
    """A budget with thresholds at 80 and 100 %."""
    line = {
        "subject_kind": kind,
        "subject": subject,
        "period": period,
        "amount_usd": Decimal(amount_usd),
        "thresholds": '["0.8", "1"]',
    }
    return line | _TIMES | changes


def fiscal_period(calendar: str, name: str, start: str, end: str, **changes: Any) -> Line:
    """A period of a calendar, from a day to the day after it."""
    span = {"valid_from": moment(start), "valid_to": moment(end)}
    return {"calendar": calendar, "fiscal_period": name} | _TIMES | span | changes


def calendar(unit: str, country: str, subdivision: str | None = None, **changes: Any) -> Line:
    """Whose holidays a unit keeps."""
    line = {"unit": unit, "country": country, "subdivision": subdivision}
    return line | _TIMES | changes


def moment(text: str) -> datetime:
    """Read a day as the naive UTC time at which it begins."""
    return datetime.fromisoformat(text)
