"""Every reviewed seed: which files there are, the tenant's or the product's own, read as rows."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from models import seed_cells as cells
from models.allocation_seeds import ALLOCATION_SEEDS
from models.bill_seeds import BILL_SEEDS
from models.budget_seeds import BUDGET_SEEDS
from models.errors import SeedError
from models.model_names import read_model_names
from models.ownership_seeds import OWNERSHIP_SEEDS
from models.price import Price
from models.price_book import read_price_book
from models.seeds import DEPLOYMENTS, DISCOUNTS, FOREVER, SUBSCRIPTIONS, naive, read_dated
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
    tables: dict[str, list[tuple[Any, ...]]] = {}
    for name, read in readers.items():
        try:
            tables[name] = read()
        except SeedError as error:
            problems.append(str(error))
    if problems:
        raise SeedError("\n".join(problems))
    return tables


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
