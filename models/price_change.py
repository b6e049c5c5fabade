"""Proposes a change of the reviewed price list where the installed genai-prices says otherwise.

A proposal is a whole new file for a reviewer to correct and keep, never applied by itself. What was
known stays: a row that is replaced gets an end of its recorded time, and its past is told again.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import genai_prices

from models.price_book import COLUMNS, RATES, price_lines, read_price_book
from models.price_proposal import GENAI_PAGE, Row, anthropic_models, genai_rows, sort_key
from models.price_sources import compare_with_genai_prices
from models.seed_cells import SeedFile

Key = tuple[str, str]
"""A model and a speed."""


@dataclass(frozen=True)
class PriceChange:
    """A proposed price list, and the rows in which it differs from the one there is."""

    text: str
    added: tuple[Row, ...]
    ended: tuple[Row, ...]


def propose_change(
    file: SeedFile, day: date, names: Mapping[str, str], left_out: Mapping[str, str] | None = None
) -> PriceChange:
    """Return the list with what genai-prices has otherwise from `day` on; `names` as in models.csv.

    Models that are `left_out` on purpose (model: reason) are not added. Only rates that nothing in
    the list explains are taken over. A new price is taken to hold from the day of the proposal,
    which a reviewer corrects to the vendor's day. Raises PriceBookError when the list there is
    cannot be read.
    """
    book = read_price_book(file)
    rows = [dict(row) for _, row in price_lines(file)[0]]
    moment = datetime.combine(day, time(), tzinfo=UTC)
    keys = {
        (one.model, one.speed)
        for one in compare_with_genai_prices(book, moment, names, left_out)
        if one.is_open
    }
    offered = [
        row
        for llm in anthropic_models()
        for row in genai_rows(llm, names)
        if (row["model"], row["speed"]) in keys and _is_offered(row, str(day))
    ]
    keys &= {(row["model"], row["speed"]) for row in offered}
    ended = [row for row in rows if (row["model"], row["speed"]) in keys and _holds(row, str(day))]
    fresh = [_new(row, ended, str(day)) for row in offered]
    pasts = [_past(row, str(day)) for row in ended if row["valid_from"] < str(day)]
    kept = [row | {"recorded_to": str(day)} if row in ended else row for row in rows]
    added = (*pasts, *fresh)
    return PriceChange(_written([*kept, *added]), added, tuple(ended))


def _holds(row: Mapping[str, str], day: str) -> bool:
    """Whether a row is believed on a day and has not ended by it; ISO days compare as texts."""
    return (
        row["recorded_from"] <= day
        and (not row["recorded_to"] or day < row["recorded_to"])
        and (not row["valid_to"] or day < row["valid_to"])
    )


def _is_offered(row: Mapping[str, str], day: str) -> bool:
    """Whether a row of genai-prices holds on a day, and says everything that a price needs."""
    is_whole = all(row[name] for name in RATES)
    return is_whole and row["valid_from"] <= day and (not row["valid_to"] or day < row["valid_to"])


def _past(row: Row, day: str) -> Row:
    """Return the row again as it is known from now on: it ended on the day."""
    return _named(row | {"valid_to": day, "recorded_from": day, "recorded_to": ""})


def _new(row: Row, ended: Iterable[Row], day: str) -> Row:
    """Return a row of genai-prices as one of ours; the zone's factor is in no public list."""
    same = [one for one in ended if (one["model"], one["speed"]) == (row["model"], row["speed"])]
    return _named(
        row
        | {
            "us_data_zone_multiplier": same[0]["us_data_zone_multiplier"] if same else "",
            "valid_from": day,
            "valid_to": "",
            "recorded_from": day,
            "recorded_to": "",
            "source": f"genai-prices {genai_prices.__version__}; to be checked with the vendor",
            "checked_on": day,
            "link": GENAI_PAGE,
            "reviewer": "",
        }
    )


def _named(row: Row) -> Row:
    parts = ("model", "speed", "prompt_over_tokens", "valid_from", "recorded_from")
    return row | {"price_id": "/".join(row[name] for name in parts)}


def _written(rows: Iterable[Row]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    ordered: list[Row] = sorted(rows, key=sort_key)
    writer.writerows(ordered)
    return text.getvalue()
