"""The reviewed files of budgets: amounts, the periods they are for, and whose holidays count."""

import json
import re
from decimal import Decimal

from models import seed_cells as cells
from models.money import USD_SCALE, exact
from models.seeds import REVIEW, TIMES, SeedTable, optional

SUBJECT_KINDS = ("total", "unit", "user", "model", "group")
MONTH = "month"
_COUNTRY = re.compile(r"[A-Z]{2}")


def subject_kind(text: str) -> str:
    """Read what a budget is for."""
    if text not in SUBJECT_KINDS:
        raise ValueError(f"{text[:40]!r} is unknown: write {', '.join(SUBJECT_KINDS)}")
    return text


def budget_usd(text: str) -> Decimal:
    """Read an amount over zero."""
    number = cells.amount(text)
    if not number:
        raise ValueError("is 0: write the amount, or remove the line")
    if cells.decimal_places(number) > USD_SCALE:
        raise ValueError(f"{text} has more than {USD_SCALE} decimals: round it")
    return number


def thresholds(text: str) -> str:
    """Read shares of the amount such as `0.8;1`, in rising order, as a JSON list of texts."""
    shares = [cells.amount(part.strip()) for part in (text or "0.8;1").split(";")]
    if sorted(set(shares)) != shares or not 0 < shares[0] <= shares[-1] <= 10:
        raise ValueError(f"{text[:40]!r} is not rising from over 0 to at most 10: write 0.8;1")
    return json.dumps([exact(share) for share in shares])


def country(text: str) -> str:
    """Read an ISO 3166 country code."""
    if not _COUNTRY.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no country: write its ISO 3166 code, as DE")
    return text


BUDGETS = SeedTable(
    "budgets.csv",
    {
        "subject_kind": subject_kind,
        "subject": str,
        "period": lambda text: text or MONTH,
        "amount_usd": budget_usd,
        "thresholds": thresholds,
        **TIMES,
    },
    key=("subject_kind", "subject", "period"),
    review=REVIEW,
)
FISCAL_PERIODS = SeedTable(
    "fiscal_periods.csv",
    {"calendar": cells.filled, "fiscal_period": cells.filled, **TIMES},
    key=("calendar",),
    review=REVIEW,
)
CALENDARS = SeedTable(
    "calendars.csv",
    {"unit": str, "country": country, "subdivision": optional, **TIMES},
    key=("unit",),
    review=REVIEW,
)
BUDGET_SEEDS = (BUDGETS, FISCAL_PERIODS, CALENDARS)
