"""The reviewed price list: dated list prices per model, speed and prompt band.

Two times, both half-open and UTC: `valid_*` says when a price is charged, `recorded_*` when we knew
it so. A price that was announced and later withdrawn keeps its row, with a `recorded_to`.
A band is chosen by the whole prompt (input + cache reads + cache writes) of one request and then
holds for every token of it, output included; 100,000 tokens still are the lower band of 100,000.
There are no batch prices: Message Batches are not offered in Foundry.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal

from models import seed_cells as cells
from models.errors import SeedError
from models.money import USD_SCALE, exact
from models.price import Price, as_known, find_price
from models.price_consistency import consistency_problems, price_gaps
from models.seeds import REVIEW

__all__ = ["Price", "PriceBookError", "as_known", "find_price", "price_gaps", "read_price_book"]

COLUMNS = (
    "price_id",
    "model",
    "speed",
    "prompt_over_tokens",
    "prompt_up_to_tokens",
    "input_usd_per_mtok",
    "output_usd_per_mtok",
    "cache_read_usd_per_mtok",
    "cache_write_5m_usd_per_mtok",
    "cache_write_1h_usd_per_mtok",
    "web_search_usd_per_thousand",
    "us_data_zone_multiplier",
    "valid_from",
    "valid_to",
    "recorded_from",
    "recorded_to",
    "source",
    "checked_on",
    "link",
    "reviewer",
)
RATES = tuple(name for name in COLUMNS if name.endswith("_usd_per_mtok"))
SPEEDS = ("standard", "fast")
_MODEL = re.compile(r"[a-z0-9][a-z0-9.-]*")


class PriceBookError(SeedError, ValueError):
    """The price list breaks its rules; the text lists every problem, one a line."""


def read_price_book(file: cells.SeedFile) -> tuple[Price, ...]:
    """Return the rows of a price list in file order.

    Raises PriceBookError with all problems of the file: unreadable cells, more decimals than money
    keeps, intervals that end before they start, rows that overlap, bands with holes.
    """
    lines, problems = price_lines(file)
    if not lines and not problems:
        problems.append(f"{file.name} has no price rows: restore the file")
    prices: list[tuple[int, Price]] = []
    found: list[tuple[int, str]] = []
    for line, row in lines:
        wrong = _cell_problems(row)
        if not wrong:
            price = _price(row)
            wrong = _row_problems(price)
            prices.append((line, price))
        found += [(line, problem) for problem in wrong]
    found += consistency_problems(prices, complete=not problems and not found)
    problems += [f"{file.name} line {line}: {problem}" for line, problem in sorted(set(found))]
    if problems:
        raise PriceBookError("\n".join(problems))
    return tuple(price for _, price in prices)


def price_lines(file: cells.SeedFile) -> tuple[list[cells.SeedLine], list[str]]:
    """Return the lines of a price list as text cells, and what is wrong with its form."""
    return cells.read_seed(file, [name for name in COLUMNS if name not in REVIEW], REVIEW)


def _model(text: str) -> str:
    if not _MODEL.fullmatch(text) or re.search(r"-[0-9]{8}$", text):
        raise ValueError(
            f"{text[:40]!r} is no model id of this list: write it in lower case and without its"
            " -YYYYMMDD date; spellings belong into models.csv"
        )
    return text


def _speed(text: str) -> str:
    if text not in SPEEDS:
        raise ValueError(f"{text[:40]!r} is no known speed: write one of {', '.join(SPEEDS)}")
    return text


_OPTIONAL = {
    "prompt_up_to_tokens", "web_search_usd_per_thousand", "us_data_zone_multiplier",
    "valid_to", "recorded_to",
}  # fmt: skip
_READERS: Mapping[str, Callable[[str], object]] = {
    "price_id": cells.filled,
    "model": _model,
    "speed": _speed,
    "prompt_over_tokens": cells.count,
    "prompt_up_to_tokens": cells.count,
    **dict.fromkeys((*RATES, "web_search_usd_per_thousand"), cells.amount),
    "us_data_zone_multiplier": cells.amount,
    **dict.fromkeys(("valid_from", "valid_to", "recorded_from", "recorded_to"), cells.midnight_utc),
    "source": cells.filled,
    "checked_on": cells.midnight_utc,
}


def _cell_problems(row: Mapping[str, str]) -> list[str]:
    """Return every cell of a row that cannot be read."""
    problems = []
    for column, read in _READERS.items():
        try:
            if row[column] or column not in _OPTIONAL:
                read(row[column])
        except ValueError as error:
            problems.append(f"{column} {error}")
    return problems


def _price(row: Mapping[str, str]) -> Price:
    """Build the price of a row without cell problems."""
    per_token = {name: cells.point_moved(cells.amount(row[name]), 6) for name in RATES}
    searches = row["web_search_usd_per_thousand"]
    up_to, zone = row["prompt_up_to_tokens"], row["us_data_zone_multiplier"]
    return Price(
        price_id=row["price_id"],
        model=row["model"],
        speed=row["speed"],
        prompt_over_tokens=cells.count(row["prompt_over_tokens"]),
        prompt_up_to_tokens=cells.count(up_to) if up_to else None,
        input_usd_per_token=per_token["input_usd_per_mtok"],
        output_usd_per_token=per_token["output_usd_per_mtok"],
        cache_read_usd_per_token=per_token["cache_read_usd_per_mtok"],
        cache_write_5m_usd_per_token=per_token["cache_write_5m_usd_per_mtok"],
        cache_write_1h_usd_per_token=per_token["cache_write_1h_usd_per_mtok"],
        web_search_usd_per_search=(
            cells.point_moved(cells.amount(searches), 3) if searches else None
        ),
        us_data_zone_multiplier=cells.amount(zone) if zone else None,
        valid_from=cells.midnight_utc(row["valid_from"]),
        valid_to=cells.midnight_utc(row["valid_to"]) if row["valid_to"] else None,
        recorded_from=cells.midnight_utc(row["recorded_from"]),
        recorded_to=cells.midnight_utc(row["recorded_to"]) if row["recorded_to"] else None,
        source=row["source"],
        checked_on=cells.midnight_utc(row["checked_on"]),
        link=row["link"],
        reviewer=row["reviewer"],
    )


def _row_problems(price: Price) -> list[str]:
    """Return what is wrong with one readable row taken alone."""
    problems = []
    for name in ("valid", "recorded"):
        start, end = getattr(price, f"{name}_from"), getattr(price, f"{name}_to")
        if end is not None and end <= start:
            problems.append(
                f"{name}_to {end:%Y-%m-%d} is not after {name}_from {start:%Y-%m-%d}:"
                " the end is the first day on which the row no longer holds"
            )
    up_to = price.prompt_up_to_tokens
    if up_to is not None and up_to <= price.prompt_over_tokens:
        problems.append(
            f"prompt_up_to_tokens {up_to} is not above prompt_over_tokens"
            f" {price.prompt_over_tokens}: correct the band"
        )
    return problems + _precision_problems(price)


def _precision_problems(price: Price) -> list[str]:
    """Return the rates with more decimals than money keeps; the database would round silently."""
    zone = Decimal(1) if price.us_data_zone_multiplier is None else price.us_data_zone_multiplier
    amounts = {name: getattr(price, name.replace("_per_mtok", "_per_token")) for name in RATES}
    charged = {name: (amount, cells.product(amount, zone)) for name, amount in amounts.items()}
    searches = price.web_search_usd_per_search or Decimal(0)
    charged["web_search_usd_per_thousand"] = (searches, searches)
    return [
        f"{name} is {exact(max(pair, key=cells.decimal_places))} USD a piece after multipliers,"
        f" more than {USD_SCALE} decimals: round the list price in the file"
        for name, pair in charged.items()
        if max(map(cells.decimal_places, pair)) > USD_SCALE
    ]
