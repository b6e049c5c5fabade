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
    RowCheck,
    SeedTable,
    naive,
    read_dated,
)
from models.sql_files import seed_file

_DATED = (
    DISCOUNTS,
    DEPLOYMENTS,
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
    readers[DISCOUNTS.file_name] = partial(_read_discounts, folder)
    readers[DEPLOYMENTS.file_name] = partial(_read_modelled, DEPLOYMENTS, folder)
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


def deployment_doubts(folder: Path | None) -> list[str]:
    """Return the rows of deployments.csv on which nothing can be priced, and what to do.

    They are no reason to stop: a model may be in use before its price is known, and its requests
    are then booked as unpriced. Raises SeedError like `read_seeds`.
    """
    zones = _price_zones(folder)

    def problems_of(row: Mapping[str, Any]) -> Iterator[str]:
        if row["model"] not in zones:
            yield (
                f"model {row['model'][:60]!r} is not in prices.csv, so its requests are unpriced:"
                " correct the name, or add its price"
            )
        elif row["sku"] == "DataZoneStandard" and "us_data_zone" not in zones[row["model"]]:
            yield (
                f"{row['model']} has no us_data_zone_multiplier in prices.csv, so its requests are"
                " unpriced: correct sku, or add the multiplier"
            )

    try:
        _read_modelled(DEPLOYMENTS, folder, problems_of=problems_of)
    except SeedError as error:
        return str(error).splitlines()
    return []


def _price_zones(folder: Path | None) -> Mapping[str, Collection[str]]:
    """Return the zones in which the price list has each model."""
    zones: dict[str, set[str]] = {}
    for price in read_price_book(find_seed("prices.csv", folder)):
        offered = zones.setdefault(price.model, {"global"})
        if price.us_data_zone_multiplier is not None:
            offered.add("us_data_zone")
    return zones


def _read_discounts(folder: Path | None) -> list[tuple[Any, ...]]:
    """Read the discounts; one for a model without a price is refused: it would do nothing."""
    try:
        zones = _price_zones(folder)
    except SeedError:
        # Said once already; without prices, nothing can be said of models.
        return _read_modelled(DISCOUNTS, folder)

    def problems_of(row: Mapping[str, Any]) -> Iterator[str]:
        if row["model"] not in zones:
            yield (
                f"model {row['model'][:60]!r} is not in prices.csv, so nothing would be discounted:"
                " correct the name, or add its price"
            )

    return _read_modelled(DISCOUNTS, folder, problems_of=problems_of)


def _read_modelled(
    seed: SeedTable, folder: Path | None, *, problems_of: RowCheck | None = None
) -> list[tuple[Any, ...]]:
    """Read a seed whose rows name models: as the price list does, however they are spelt."""
    file = find_seed(seed.file_name, folder)
    try:
        names = read_model_names(find_seed("models.csv", folder))
    except SeedError:
        return read_dated(seed, file)
    columns = {**seed.columns, "model": lambda text: price_model(cells.filled(text), names)}
    checks = problems_of or seed.problems_of
    return read_dated(replace(seed, columns=columns, problems_of=checks), file)


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
