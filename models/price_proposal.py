"""Builds the price list from genai-prices and the visible file of what it lacks or has wrong.

The committed `prices.csv` is what this builds. A new version of the library therefore changes no
price by itself: the proposal then differs from the committed file, and somebody has to decide.
An override is one line: it selects rows (empty cell = any; `none` = no first day yet) and
`set`s columns in them, `copy`s them with columns changed, or `drop`s them; lines work in order.
A `drop` may select nothing: it says of a model that another list has why ours does not.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal

from genai_prices.data import providers
from genai_prices.types import ConditionalPrice, ModelInfo, ModelPrice, TieredPrices

from models.model_names import price_model
from models.money import exact
from models.price_book import COLUMNS, PriceBookError
from models.seed_cells import SeedFile, read_seed

# What a person last compared the list with, and when; both are written into every row.
REVIEWED_SOURCE = "genai-prices 0.2.3"
REVIEWED_ON = date(2026, 11, 22)
REVIEWER = "tollbook contributors"
GENAI_PAGE = "https://github.com/pydantic/genai-prices"
OVERRIDE_COLUMNS = (
    "action",
    "model",
    "speed",
    "prompt_over_tokens",
    "valid_from",
    "changes",
    "source",
    "link",
    "reason",
)
GENAI_RATES = {
    "input_usd_per_mtok": "input_mtok",
    "output_usd_per_mtok": "output_mtok",
    "cache_read_usd_per_mtok": "cache_read_mtok",
    "cache_write_5m_usd_per_mtok": "cache_write_mtok",
    "cache_write_1h_usd_per_mtok": "cache_write_1h_mtok",
}
FAST = {"speed": "fast"}
_SELECTORS = ("model", "speed", "prompt_over_tokens", "valid_from")
_VENDOR_PAGE = re.compile(r"platform\.claude\.com/[a-z0-9/.-]*[a-z0-9]")

Row = dict[str, str]


def build_prices_csv(overrides: SeedFile, names: Mapping[str, str]) -> str:
    """Return the text of `prices.csv`; `names` are the aliases of `models.csv`.

    Raises PriceBookError with all problems of the override file.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(propose_rows(overrides, names))
    return text.getvalue()


def propose_rows(overrides: SeedFile, names: Mapping[str, str]) -> tuple[Row, ...]:
    """Return the rows of a new price list as text cells, sorted.

    Raises PriceBookError when an override cannot be read or selects nothing, or when a model is
    left without a first day or a row without a page to read its source at.
    """
    rows = [row for llm in anthropic_models() for row in genai_rows(llm, names)]
    lines, problems = read_seed(overrides, OVERRIDE_COLUMNS)
    for line, override in lines:
        try:
            rows = _apply(override, rows)
        except ValueError as error:
            problems.append(f"{overrides.name} line {line}: {error}")
    problems += sorted(
        f"{row['model']} {row['speed']} has no first day: add a `set` line with its release day"
        for row in rows
        if not row["valid_from"]
    )
    completed = sorted(map(_completed, rows), key=sort_key)
    problems += [
        f"{row['price_id']} has no page to read its source at: fill in the link of its override"
        for row in completed
        if not row["link"]
    ]
    if problems:
        raise PriceBookError("\n".join(problems))
    return tuple(completed)


def left_out(overrides: SeedFile) -> dict[str, str]:
    """Return why models are not in the list on purpose. Raises PriceBookError for a bad file."""
    lines, problems = read_seed(overrides, OVERRIDE_COLUMNS)
    if problems:
        raise PriceBookError("\n".join(problems))
    return {line["model"]: line["reason"] for _, line in lines if line["action"] == "drop"}


def anthropic_models() -> list[ModelInfo]:
    """Return the Claude models of the installed genai-prices.

    Not by way of its provider `azure`: that falls back to these rows, but then ignores the speed.
    """
    return next(provider.models for provider in providers if provider.id == "anthropic")


def genai_rows(llm: ModelInfo, names: Mapping[str, str]) -> Iterable[Row]:
    """Yield a row per dated price, speed and band of one model."""
    model = price_model(llm.id, names)
    fast = any(variant.when == FAST for variant in llm.price_variants or ())
    windows = _windows(llm.prices)
    for index, (start, _) in enumerate(windows):
        end = windows[index + 1][0] if index + 1 < len(windows) else None
        at = datetime.combine(start or date.min, time(), tzinfo=UTC)
        for speed in ("standard", "fast") if fast else ("standard",):
            prices = llm.get_prices(at, FAST if speed == "fast" else None)
            for over, up_to in _bands(prices):
                row = dict.fromkeys(COLUMNS, "")
                row |= {"model": model, "speed": speed, "source": REVIEWED_SOURCE}
                row |= {"prompt_over_tokens": str(over), "prompt_up_to_tokens": _text(up_to)}
                row |= {"valid_from": _text(start), "valid_to": _text(end)}
                row |= {column: _money(rate) for column, rate in genai_rates(prices, over).items()}
                searches = prices.web_searches_kcount
                row["web_search_usd_per_thousand"] = _money(_at_band(searches, over))
                yield row


def _windows(prices: ModelPrice | list[ConditionalPrice]) -> list[tuple[date | None, ModelPrice]]:
    """Return (first day, prices) in order; the first day of the first window is unknown."""
    if isinstance(prices, ModelPrice):
        return [(None, prices)]
    return [(getattr(price.constraint, "start_date", None), price.prices) for price in prices]


def _bands(prices: ModelPrice) -> list[tuple[int, int | None]]:
    """Return the prompt bands of a price as (over, up to)."""
    edges = [0, *genai_band_edges(prices)]
    return list(zip(edges, [*edges[1:], None], strict=True))


def genai_band_edges(prices: ModelPrice) -> list[int]:
    """Return the prompt lengths over which another rate holds, in order."""
    rates = (getattr(prices, name) for name in GENAI_RATES.values())
    tiers = (rate.tiers for rate in rates if isinstance(rate, TieredPrices))
    return sorted({tier.start for band in tiers for tier in band})


def genai_rates(prices: ModelPrice, over: int) -> dict[str, Decimal | None]:
    """Return the five rates in USD per million tokens for prompts of more than `over` tokens."""
    return {column: _at_band(getattr(prices, name), over) for column, name in GENAI_RATES.items()}


def _at_band(rate: Decimal | TieredPrices | None, over: int) -> Decimal | None:
    if not isinstance(rate, TieredPrices):
        return rate
    reached = [tier.price for tier in rate.tiers if tier.start <= over]
    return reached[-1] if reached else rate.base


def _apply(override: Mapping[str, str], rows: list[Row]) -> list[Row]:
    """Return the rows after one override. Raises ValueError saying what to correct in it."""
    if not override["source"] or not override["reason"]:
        raise ValueError("source or reason is empty: say where the figure is from and why it holds")
    action = _ACTIONS.get(override["action"])
    if action is None:
        raise ValueError(f"action {override['action']!r} is unknown: write set, copy or drop")
    chosen = [row for row in rows if _selected(override, row)]
    if not chosen and action is not _drop:
        raise ValueError("selects no row: correct its selectors, or remove it if it is outdated")
    return action(rows, chosen, _changes(override["changes"]), override)


def _selected(override: Mapping[str, str], row: Row) -> bool:
    wanted = {name: override[name] for name in _SELECTORS if override[name]}
    return all(row[name] == ("" if value == "none" else value) for name, value in wanted.items())


def _changes(text: str) -> Row:
    """Read `column=value column=`; an empty value empties the cell."""
    changes = {}
    for change in text.split():
        column, equals, value = change.partition("=")
        if not equals or column not in COLUMNS:
            raise ValueError(f"changes has {change!r}: write column=value with a price column")
        changes[column] = value
    return changes


def _set(
    rows: list[Row], chosen: list[Row], changes: Row, override: Mapping[str, str]
) -> list[Row]:
    return [
        row
        | changes
        | {
            "source": _joined(row["source"], override["source"]),
            "link": override["link"] or row["link"],
        }
        if row in chosen
        else row
        for row in rows
    ]


def _copy(
    rows: list[Row], chosen: list[Row], changes: Row, override: Mapping[str, str]
) -> list[Row]:
    said = {name: override[name] for name in ("source", "link")}
    return rows + [row | changes | said for row in chosen]


def _drop(
    rows: list[Row], chosen: list[Row], _changes: Row, _override: Mapping[str, str]
) -> list[Row]:
    return [row for row in rows if row not in chosen]


_ACTIONS: dict[str, Callable[[list[Row], list[Row], Row, Mapping[str, str]], list[Row]]] = {
    "set": _set,
    "copy": _copy,
    "drop": _drop,
}


def _joined(source: str, more: str) -> str:
    return source if more in source.split("; ") else f"{source}; {more}"


def _completed(row: Row) -> Row:
    """Fill in what follows from the rest: what was known when, the row's id, page and review."""
    recorded_from = row["recorded_from"] or row["valid_from"]
    parts = (row["model"], row["speed"], row["prompt_over_tokens"], row["valid_from"])
    return row | {
        "recorded_from": recorded_from,
        "price_id": "/".join((*parts, recorded_from)),
        "checked_on": REVIEWED_ON.isoformat(),
        "link": row["link"] or _page(row["source"]),
        "reviewer": REVIEWER,
    }


def _page(source: str) -> str:
    """Return the page where a source can be read: the vendor's goes before genai-prices'."""
    if vendors := _VENDOR_PAGE.search(source):
        return f"https://{vendors[0]}"
    return GENAI_PAGE if "genai-prices" in source else ""


def sort_key(row: Row) -> tuple[str, ...]:
    """Return what the rows of a price list are ordered by."""
    over = row["prompt_over_tokens"].zfill(9)
    return (row["model"], row["speed"], row["valid_from"], over, row["recorded_from"])


def _text(value: date | int | None) -> str:
    return "" if value is None else str(value)


def _money(rate: Decimal | None) -> str:
    return "" if rate is None else exact(rate)
