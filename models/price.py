"""One dated list price, and the two ways to choose from many: by what was known, and by request."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models.clock import to_utc


@dataclass(frozen=True, slots=True)
class Price:
    """One row of the list. Rates are USD per token; empty ends and "not offered" are None."""

    price_id: str
    model: str
    speed: str
    prompt_over_tokens: int
    prompt_up_to_tokens: int | None
    input_usd_per_token: Decimal
    output_usd_per_token: Decimal
    cache_read_usd_per_token: Decimal
    cache_write_5m_usd_per_token: Decimal
    cache_write_1h_usd_per_token: Decimal
    web_search_usd_per_search: Decimal | None
    us_data_zone_multiplier: Decimal | None
    valid_from: datetime
    valid_to: datetime | None
    recorded_from: datetime
    recorded_to: datetime | None
    source: str
    checked_on: datetime
    link: str = ""
    reviewer: str = ""


def as_known(prices: Iterable[Price], known_at: datetime) -> tuple[Price, ...]:
    """Return the rows we held true at `known_at` (a time without an offset is UTC)."""
    moment = to_utc(known_at)
    return tuple(row for row in prices if holds(row.recorded_from, row.recorded_to, moment))


def find_price(
    prices: Iterable[Price], model: str, speed: str, prompt_tokens: int, at: datetime
) -> Price | None:
    """Return the price of one request, or None before the first price and for unknown models.

    `prices` are the rows `as_known` at one moment; `prompt_tokens` counts input, cache reads and
    cache writes. With rows of several moments the answer would not be unique: LookupError.
    """
    moment = to_utc(at)
    found = [
        row
        for row in prices
        if (row.model, row.speed) == (model, speed)
        and holds(row.valid_from, row.valid_to, moment)
        and in_band(row, max(prompt_tokens, 1))
    ]
    if len(found) > 1:
        ids = ", ".join(row.price_id for row in found)
        raise LookupError(f"several prices hold at once ({ids}): choose with as_known first")
    return found[0] if found else None


def holds(start: datetime, end: datetime | None, moment: datetime) -> bool:
    """Return whether `moment` lies in [start, end); no end is for ever."""
    return start <= moment and (end is None or moment < end)


def in_band(row: Price, prompt_tokens: int) -> bool:
    """Return whether a prompt of that many tokens (1 or more) falls into the row's band."""
    up_to = row.prompt_up_to_tokens
    return row.prompt_over_tokens < prompt_tokens and (up_to is None or prompt_tokens <= up_to)
