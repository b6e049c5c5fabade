"""The reviewed files behind the bill: what a CCU costs, exchange rates, approved deployments."""

import re
from collections.abc import Iterator
from decimal import Decimal

from models import seed_cells as cells
from models.seeds import REVIEW, TIMES, NumberedRows, SeedTable

_CURRENCY = re.compile(r"[A-Z]{3}")


def ccu_price(text: str) -> Decimal:
    """Read USD per Claude Consumption Unit, with at most six decimals."""
    return _positive(text, places=6, most=Decimal(1000))


def units_per_dollar(text: str) -> Decimal:
    """Read how many units of a currency one US dollar is, with at most nine decimals."""
    return _positive(text, places=9, most=Decimal(10) ** 9)


def currency(text: str) -> str:
    """Read an ISO 4217 code other than USD, in which everything is counted."""
    if not _CURRENCY.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no currency: write its ISO 4217 code, as EUR")
    if text == "USD":
        raise ValueError("is USD, in which everything is counted: remove the line")
    return text


def _positive(text: str, *, places: int, most: Decimal) -> Decimal:
    number = cells.amount(text)
    if not 0 < number < most:
        raise ValueError(f"{text} is not over 0 and below {most}: correct it")
    if cells.decimal_places(number) > places:
        raise ValueError(f"{text} has more than {places} decimals: round it")
    return number


def _some(rows: NumberedRows) -> Iterator[str]:
    if not rows:
        yield "has no row: add what a CCU costs, 0.01 unless the offer on the Marketplace differs"


CCU_PRICES = SeedTable(
    "ccu_prices.csv",
    {"ccu_price_usd": ccu_price, **TIMES},
    key=(),
    problems_among=_some,
    review=REVIEW,
    is_gapless=True,
)
EXCHANGE_RATES = SeedTable(
    "exchange_rates.csv",
    {"currency": currency, "units_per_dollar": units_per_dollar, **TIMES},
    key=("currency",),
    review=REVIEW,
)
APPROVED_DEPLOYMENTS = SeedTable(
    "approved_deployments.csv",
    {"deployment": cells.filled, "foundry_resource_id": cells.filled, **TIMES},
    key=("deployment", "foundry_resource_id"),
    review=REVIEW,
)
BILL_SEEDS = (CCU_PRICES, EXCHANGE_RATES, APPROVED_DEPLOYMENTS)
