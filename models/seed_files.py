"""Every reviewed seed: which files there are, the tenant's or the product's own, read as rows."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from models import seed_cells as cells
from models.allocation_seeds import ALLOCATION_SEEDS, POLICIES, SHARES, uncovered_problems
from models.bill_seeds import BILL_SEEDS
from models.budget_seeds import BUDGET_SEEDS, BUDGETS, FISCAL_PERIODS, read_budgets
from models.errors import SeedError
from models.model_names import price_model, read_model_names
from models.ownership_seeds import OWNERSHIP_SEEDS
from models.price import Price
from models.price_book import read_price_book
from models.seeds import (
    DEPLOYMENTS,
    DISCOUNTS,
    FOREVER,
    SUBSCRIPTIONS,
    SeedTable,
    naive,
    read_dated,
)
from models.sql_files import seed_file

Zones = Mapping[str, Collection[str]]
"""The zones in which the price list has each model."""

_MODELLED = (DISCOUNTS, DEPLOYMENTS)
_DATED = (
    *_MODELLED,
    SUBSCRIPTIONS,
    *OWNERSHIP_SEEDS,
    *BILL_SEEDS,
    *ALLOCATION_SEEDS,
    *BUDGET_SEEDS,
)


def read_seeds(folder: Path | None) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every seed, by file name, in the order of their tables' columns.

    Raises SeedError that lists every problem of every file.
    """
    problems: list[str] = []
    readers: dict[str, Callable[[], list[tuple[Any, ...]]]] = {
        "prices.csv": lambda: price_rows(read_price_book(find_seed("prices.csv", folder))),
        "models.csv": lambda: list(read_model_names(find_seed("models.csv", folder)).items()),
    }
    for seed in _DATED:
        readers[seed.file_name] = partial(read_dated, seed, find_seed(seed.file_name, folder))
    for seed in _MODELLED:
        readers[seed.file_name] = partial(_read_modelled, seed, folder)
    readers[BUDGETS.file_name] = lambda: read_budgets(
        find_seed(BUDGETS.file_name, folder), find_seed(FISCAL_PERIODS.file_name, folder)
    )
    tables: dict[str, list[tuple[Any, ...]]] = {}
    for name, read in readers.items():
        try:
            tables[name] = read()
        except SeedError as error:
            problems.append(str(error))
    if tables.keys() >= {POLICIES.file_name, SHARES.file_name}:
        problems += uncovered_problems(tables[POLICIES.file_name], tables[SHARES.file_name])
    if problems:
        raise SeedError("\n".join(problems))
    return tables


def price_zones(folder: Path | None) -> Zones:
    """Return the zones of every model of the price list. Raises SeedError if it cannot be read."""
    zones: dict[str, set[str]] = {}
    for price in read_price_book(find_seed("prices.csv", folder)):
        offered = zones.setdefault(price.model, {"global"})
        if price.us_data_zone_multiplier is not None:
            offered.add("us_data_zone")
    return zones


def unpriced(model: str, sku: str, zones: Zones) -> str:
    """Say why nothing on a deployment could be priced, and what to do; empty if it can."""
    if model not in zones:
        return (
            f"{model[:60]!r} is not in prices.csv: correct the name, or add its price; a row for it"
            " can wait, its requests are booked as unpriced"
        )
    if sku == "DataZoneStandard" and "us_data_zone" not in zones[model]:
        return (
            f"{model} has no us_data_zone_multiplier in prices.csv, so nothing on it could be"
            " priced: correct sku, or add the multiplier"
        )
    return ""


def _read_modelled(seed: SeedTable, folder: Path | None) -> list[tuple[Any, ...]]:
    """Read a seed whose rows name models: as the price list does, however they are spelt."""
    file = find_seed(seed.file_name, folder)
    try:
        zones = price_zones(folder)
        names = read_model_names(find_seed("models.csv", folder))
    except SeedError:
        # Said once already; without them, nothing can be said of models.
        return read_dated(seed, file)

    def model(text: str) -> str:
        found = price_model(cells.filled(text), names)
        if found not in zones:
            raise ValueError(unpriced(found, "", zones))
        return found

    def problems_of(row: Mapping[str, Any]) -> Iterator[str]:
        if wrong := unpriced(row["model"], row.get("sku", ""), zones):
            yield wrong

    columns = {**seed.columns, "model": model}
    return read_dated(replace(seed, columns=columns, problems_of=problems_of), file)


def find_seed(name: str, folder: Path | None) -> Path | Traversable:
    """Return the file that counts: the tenant's replacement, else the product's own."""
    if folder and (folder / name).is_file():
        return folder / name
    return seed_file(name)


def price_rows(prices: Iterable[Price]) -> list[tuple[Any, ...]]:
    """Spread each list price over the zones it is offered in; amounts stay exact decimals."""
    return [
        (
            f"{price.price_id}@us" if zone == "us_data_zone" else price.price_id,
            price.model,
            price.speed,
            zone,
            price.prompt_over_tokens,
            price.prompt_up_to_tokens,
            *(
                cells.product(amount, factor)
                for amount in (
                    price.input_usd_per_token,
                    price.output_usd_per_token,
                    price.cache_read_usd_per_token,
                    price.cache_write_5m_usd_per_token,
                    price.cache_write_1h_usd_per_token,
                )
            ),
            price.web_search_usd_per_search,
            naive(price.valid_from),
            naive(price.valid_to) if price.valid_to else FOREVER,
            naive(price.recorded_from),
            naive(price.recorded_to) if price.recorded_to else FOREVER,
            price.source,
            price.link,
            price.reviewer,
        )
        for price in prices
        for zone, factor in (
            ("global", Decimal(1)),
            ("us_data_zone", price.us_data_zone_multiplier),
        )
        if factor is not None
    ]
