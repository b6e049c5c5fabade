"""The Claude invoice: everybody's traffic at the price of its moment, in consumption units."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from ingest.sandbox.generator.arrays import Ints, sum_by
from ingest.sandbox.generator.catalog import DAY_MS, HOUR_MS, RESOURCE_GROUP, utc_text
from ingest.sandbox.generator.tariff import (
    CCU_USD,
    UNITS_PER_CCU,
    in_usd,
    search_cost_units,
    token_cost_units,
)


@dataclass(frozen=True)
class ClaudeBill:
    """Hours with traffic (milliseconds), what they cost in tariff units, and as whole CCU.

    The contract has no discounts: what is billed is the list price, rounded up per hour.
    """

    hour_ms: Ints
    gateway_units: Ints
    unlogged_units: Ints
    outside_units: Ints
    search_units: Ints
    ccu: Ints

    def ccu_by_day(self) -> dict[int, int]:
        """Return the CCU of each day with traffic, by the day's first millisecond."""
        days, ccu = sum_by(self.hour_ms // DAY_MS * DAY_MS, self.ccu)
        return dict(zip(days.tolist(), ccu.tolist(), strict=True))


def claude_bill(answers: pd.DataFrame) -> ClaudeBill:
    """Return the bill for all answers of the resource group; a call belongs to its hour in UTC."""
    hour = answers["time_ms"].to_numpy() // HOUR_MS
    tokens, searches = token_cost_units(answers), search_cost_units(answers)
    outside = answers["outside"].to_numpy(dtype=np.bool_)
    unlogged = answers["unlogged"].to_numpy(dtype=np.bool_)
    hours, gateway_units = sum_by(hour, np.where(outside | unlogged, 0, tokens))
    _, unlogged_units = sum_by(hour, np.where(unlogged, tokens, 0))
    _, outside_units = sum_by(hour, np.where(outside, tokens, 0))
    _, search_units = sum_by(hour, searches)
    total = gateway_units + unlogged_units + outside_units + search_units
    return ClaudeBill(
        hour_ms=hours * HOUR_MS,
        gateway_units=gateway_units,
        unlogged_units=unlogged_units,
        outside_units=outside_units,
        search_units=search_units,
        ccu=-(-total // UNITS_PER_CCU),
    )


def bill_columns(bill: ClaudeBill) -> dict[str, list[object]]:
    """Return the columns of the truth's costs.jsonl: 1 row per hour, amounts as decimal texts."""

    def texts(units: Ints) -> list[object]:
        return [usd_text(in_usd(number)) for number in units.tolist()]

    return {
        "hour": [utc_text(hour) for hour in bill.hour_ms.tolist()],
        "resource_group": [RESOURCE_GROUP] * len(bill.hour_ms),
        "gateway_tokens_usd": texts(bill.gateway_units),
        "unlogged_tokens_usd": texts(bill.unlogged_units),
        "outside_tokens_usd": texts(bill.outside_units),
        "web_search_usd": texts(bill.search_units),
        "ccu": bill.ccu.tolist(),
        "billed_usd": [usd_text(number * CCU_USD) for number in bill.ccu.tolist()],
    }


def usd_text(amount: Decimal) -> str:
    """Return the plain decimal text of an amount, without trailing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
