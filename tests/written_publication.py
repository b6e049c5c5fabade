"""A published state of hand-written rows: small tables and daily totals, without a build."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core_rows import NOW, gateway, llm, oid, open_books, person

from models.allocation import allocate_month
from models.publication import (
    DAY_TABLES,
    Manifest,
    parquet_name,
    publish,
    require_manifest,
    write_parquet,
)
from models.seeds import ALWAYS, FOREVER
from models.warehouse import in_memory

FIRST = date(2026, 10, 1)
Row = Mapping[str, Any]
Span = tuple[int, int, float, float]
"""Who, of what, from which day on and until when; days count from FIRST and may have parts."""


@dataclass(frozen=True)
class Usage:
    """What somebody (None: nobody known) used on a day, counted from FIRST, in a unit."""

    day: int
    caller: int | None
    unit: int | None
    cost: Decimal | None = Decimal("0.000000000000001")
    model: int = 1
    label: str = ""
    requests: int = 1


@dataclass(frozen=True)
class Written:
    """What is published: usage, and who and what is part of what, by surrogates.

    `small` has further rows of small tables, `traffic` those of hours.
    """

    usage: Sequence[Usage]
    managers: Sequence[Span] = ()
    unit_tree: Sequence[Span] = ()
    memberships: Sequence[Span] = ()
    small: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    traffic: Sequence[Row] = ()


def at(day: float) -> datetime:
    """The time so many days after the start of FIRST."""
    if day < 0:
        return ALWAYS
    return datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day)


def publish_empty(folder: Path) -> Path:
    """Publish a day of a tiny tenant by the product's own pipeline; its files tell the columns."""
    with open_books(folder) as books:
        books.observe(person(1))
        books.land(gateway(1))
        books.land(llm(1))
        books.publish()
        return books.publication


def publish_written(
    folder: Path,
    written: Written,
    *,
    days: int,
    first: int = 0,
    data_until: datetime | None = NOW,
) -> None:
    """Publish written rows in place of what a folder has published, in its columns.

    `first` is the first of the days, counted from FIRST.
    """
    before = require_manifest(folder)
    (pattern, *_) = before.days.values()
    run = before.run_id + 1
    connection = in_memory()

    def write(like: str, table: str, rows: Sequence[Row], day: date | None = None) -> str:
        connection.execute(f"create or replace table rows as from '{folder / like}' limit 0")
        for row in rows:
            names = ", ".join(f'"{name}"' for name in row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"insert into rows ({names}) values ({marks})", list(row.values()))
        return write_parquet(connection, "rows", folder, parquet_name(table, run, day))

    # One file has the usage of a month: only its rows say of which day they are.
    empty = {table: write(pattern[table], table, ()) for table in DAY_TABLES}
    dates = [FIRST + timedelta(days=number) for number in range(first, first + days)]
    days_of = {str(day): dict(empty) for day in dates}
    for begin in (day for day in dates if day == dates[0] or day.day == 1):
        used = [row for row in map(_daily, written.usage) if _is_in_month(row, begin)]
        days_of[str(begin)]["daily"] = write(pattern["daily"], "daily", used, begin)
    days_of[str(dates[0])]["traffic"] = write(
        pattern["traffic"], "traffic", written.traffic, dates[0]
    )
    small = {
        table: write(before.tables[table], table, rows)
        for table, rows in (_small_tables(written) | dict(written.small)).items()
    }
    connection.close()
    draft = Manifest(
        sequence=before.sequence + 1,
        run_id=run,
        published_at=NOW,
        data_until=data_until,
        days=days_of,
        tables={**before.tables, **small},
    )
    allocated = {month: allocate_month(folder, draft, month) for month in draft.months()}
    publish(folder, replace(draft, allocated=allocated))


def _is_in_month(row: Row, day: date) -> bool:
    used: date = row["usage_day"]
    return used.replace(day=1) == day.replace(day=1)


def _daily(used: Usage) -> Row:
    names = ("list", "measured", "contracted", "cost_low", "cost_high")
    costs = {name if name.startswith("cost") else f"{name}_cost": used.cost for name in names}
    return {
        "usage_day": FIRST + timedelta(days=used.day),
        "caller_id": used.caller,
        "unit_id": used.unit,
        "llm_model_id": used.model,
        "label": used.label,
        "cost_status": "unpriced" if used.cost is None else "complete",
        "requests": used.requests,
        "input_tokens": used.requests,
        "cost_variance": 0,
        "cost_deviation": 0,
    } | {f"{name}_usd": cost for name, cost in costs.items()}


def _small_tables(written: Written) -> dict[str, list[Row]]:
    people = {used.caller for used in written.usage if used.caller}
    people |= {number for span in written.managers for number in span[:2]}
    people |= {span[0] for span in written.memberships}
    units = {used.unit for used in written.usage if used.unit}
    units |= {number for span in written.unit_tree for number in span[:2]}
    return {
        "callers": [
            {
                "caller_id": number,
                "oid": oid(number),
                "display_name": f"Name {number}",
                "deleted": False,
                "in_directory": True,
            }
            for number in sorted(people)
        ],
        "units": [{"unit_id": number, "unit": f"U{number}"} for number in sorted(units)],
        "llm_models": [{"llm_model_id": number, "llm_model": f"M{number}"} for number in (1, 2)],
        "groups": [
            {"group_id": number, "group_oid": oid(900 + number), "group": f"G{number}"}
            for number in sorted({span[1] for span in written.memberships})
        ],
        "managers": _spans(written.managers, "caller_id", "manager_id"),
        "unit_tree": _spans(written.unit_tree, "unit_id", "parent_unit_id"),
        "memberships": _spans(written.memberships, "caller_id", "group_id"),
        "ownership": [
            {"caller_id": used.caller, "unit_id": used.unit, "unit_rule": "r", "attribute": "oid"}
            | {"valid_from": ALWAYS, "valid_to": FOREVER}
            for used in written.usage
            if used.caller
        ],
    }


def _spans(spans: Sequence[Span], who: str, what: str) -> list[Row]:
    return [
        {who: one, what: other, "valid_from": at(start), "valid_to": at(end)}
        for one, other, start, end in spans
    ]
