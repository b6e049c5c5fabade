"""The page's tables: rows of a report or requests of a day to cells."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from dashboard.blocks import Cell
from dashboard.figures import (
    common_decimals,
    count_text,
    day_text,
    evidence_text,
    exact_text,
    money_text,
    short_text,
)
from dashboard.place import BESIDE_LABELS, BILL_LABELS, BRIDGE, WITHOUT_LABEL, Place, unit_in_link
from dashboard.reader import View

Rows = tuple[list[str], list[int], list[list[Cell]]]
"""Column titles, the numbers among them, and the cells."""

_MONEY = (("List cost", "list_cost_usd"), ("Low", "cost_low_usd"), ("High", "cost_high_usd"))
_SHARED = ("Shared", "shared_cost_usd")
_COUNTS = (
    ("Input tokens", ("input_tokens",)),
    ("Output tokens", ("output_tokens",)),
    ("Cache reads", ("cache_read_tokens",)),
    ("Cache writes", ("cache_write_5m_tokens", "cache_write_1h_tokens")),
)
_FIRST = {"unit": "Unit", "user": "Caller", "day": "Day"}


def parts_table(place: Place, view: View) -> Rows:
    """Return the table of a place's units, callers or days; each row leads one step down."""
    counts = (("Requests", ("requests",)), *_COUNTS)
    records = view.parts.records()
    is_shared = any(row["shared_cost_usd"] is not None for row in records)
    money = (*_MONEY, _SHARED) if is_shared else _MONEY
    titles = [_FIRST[place.lists], *(title for title, _ in (*money, *counts)), "Evidence"]
    decimals = _column_decimals(records, money)
    rows = [
        [
            _first_cell(place, row),
            *(_money_cell(row[name], decimals[name]) for _, name in money),
            *(_count_cell(row, names) for _, names in counts),
            _evidence(row),
        ]
        for row in records
    ]
    return titles, list(range(1, 1 + len(money) + len(counts))), rows


def requests_table(place: Place, view: View) -> Rows:
    """Return the table of a place's requests; each row leads to its explanation."""
    who = () if place.oid or place.label == "unattributed" else ("Caller",)
    titles = [
        "Time (UTC)",
        *(title for title, _ in (*_MONEY, *_COUNTS)),
        *who,
        "Model",
        "Client",
        "Evidence",
    ]
    decimals = _column_decimals(view.parts.records(), _MONEY)
    rows = [
        [
            Cell(
                f"{row['time']:%H:%M:%S}" + (f" · {row['label']}" if row["label"] else ""),
                link=place.at(request=row["request_key"]).link,
                hint=f"CorrelationId {short_text(row['correlation_id'] or 'unknown')}",
            ),
            *(_money_cell(row[name], decimals[name]) for _, name in _MONEY),
            *(_count_cell(row, names) for _, names in _COUNTS),
            *([Cell(_caller(row))] if who else []),
            _quiet_if_unknown(short_text(row["model"] or "unknown", 40)),
            _quiet_if_unknown(short_text(row["client"] or "unknown", 40)),
            _quiet_if_unknown(evidence_text(row)),
        ]
        for row in view.parts.records()
    ]
    return titles, list(range(1, 1 + len(_MONEY) + len(_COUNTS))), rows


def part_name(place: Place, row: Mapping[str, Any]) -> str:
    """Name a row of the place's table; rows with a label say so."""
    if place.lists == "day":
        name = day_text(row["day"])
    else:
        known = row["unit"] if place.lists == "unit" else row["name"] or row["oid"]
        name = short_text(known) if known else ""
    return " · ".join(text for text in (name, row["label"]) if text)


def _first_cell(place: Place, row: Mapping[str, Any]) -> Cell:
    if row["label"] in BILL_LABELS:
        return Cell(part_name(place, row), link=Place(place.month, view=BRIDGE).link)
    if row["label"] in BESIDE_LABELS and place.lists == "day":
        return Cell(part_name(place, row))
    below = {
        "unit": lambda: place.at(unit=row["unit"] and unit_in_link(row["unit"])),
        "user": lambda: place.at(oid=row["oid"] or row["name"]),
        "day": lambda: place.at(day=row["day"].isoformat()),
    }[place.lists]()
    # The row below holds the same requests: those with this row's label, or without any.
    there = below.at(label=row["label"] or WITHOUT_LABEL)
    hint = row["oid"] if place.lists == "user" else None
    return Cell(part_name(place, row), link=there.link, hint=hint)


def _evidence(row: Mapping[str, Any]) -> Cell:
    if row["label"] in BILL_LABELS:
        return Cell("invoice")
    return _quiet_if_unknown(evidence_text(row))


def _caller(row: Mapping[str, Any]) -> str:
    return short_text(row["name"] or row["oid"] or "no caller", 40)


def _column_decimals(
    rows: Sequence[Mapping[str, Any]], money: Sequence[tuple[str, str]]
) -> dict[str, int | None]:
    return {name: common_decimals(row[name] for row in rows) for _, name in money}


def _money_cell(amount: Decimal | None, decimals: int | None) -> Cell:
    return Cell(money_text(amount, decimals), hint=exact_text(amount), is_quiet=amount is None)


def _count_cell(row: Mapping[str, Any], names: Sequence[str]) -> Cell:
    known = [row[name] for name in names if row[name] is not None]
    return _quiet_if_unknown(count_text(sum(known) if known else None))


def _quiet_if_unknown(text: str) -> Cell:
    return Cell(text, is_quiet=text == "unknown")
