"""Splits shared costs of a month over who used what, as the reviewed policies say.

A charge of the bill that a rule of `shared_costs.csv` knows is a shared cost; a dated policy says
how it is split (`models.allocation_seeds.METHODS`), and so may be what the bridge to the invoice
leaves. Ratios sum to exactly 1 and amounts to exactly what is split, at every grain: whole units of
the fifteenth decimal are handed out, first rounded down, then by the largest remainder. Stored is
what each caller bears in each unit; over their days and models it is spread when it is read.

Results are files of a month. They are made again when a day of the month, its bill or a policy
changed, and not otherwise.
"""

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from models.errors import CheckError
from models.publication import MONTH_TABLES, Manifest, parquet_name, write_parquet
from models.published import Published, month_days, reading
from models.sql_files import sql
from models.viewer import operator
from models.warehouse import Connection, build

STEPS = ("charged", "allocations", "used", "weights", "parents", "bearers", "shares")
_SOURCES = {"allocations": "allocations", "allocated_shares": "shares"}


def with_allocations(
    connection: Connection, folder: Path, draft: Manifest, previous: Manifest | None
) -> Manifest:
    """Return a manifest with the allocations of all its months, of which changed ones are made.

    `connection` holds the small tables that the draft names, which are written already.
    """
    told: Mapping[str, str] = dict(connection.execute(sql("allocation/inputs")).fetchall())
    before = previous.allocated if previous else {}
    allocated: dict[str, Mapping[str, str]] = {}
    for month in draft.months():
        inputs = _hash(draft, month, told.get(month, ""))
        known = before.get(month, {})
        if known.get("inputs") == inputs and known.keys() >= set(MONTH_TABLES):
            allocated[month] = known
        else:
            allocated[month] = {"inputs": inputs, **allocate_month(folder, draft, month)}
    return replace(draft, allocated=allocated)


def _hash(draft: Manifest, month: str, told: str) -> str:
    days = [entry["daily"] for day, entry in sorted(draft.days.items()) if day.startswith(month)]
    return sha256("\n".join([told, *days]).encode()).hexdigest()


def allocate_month(folder: Path, draft: Manifest, month: str) -> dict[str, str]:
    """Split the shared costs of a month; write its files and return {table: path}."""
    first_day, last_day = month_days(month)
    with reading(
        folder,
        operator(),
        first_day=first_day,
        last_day=last_day,
        manifest=draft,
        is_allocated=False,
    ) as published:
        published.connection.execute("create schema allocation")
        for step in STEPS:
            build(published.connection, f"allocation.{step}")
        _check(published, month)
        return {
            table: write_parquet(
                published.connection,
                f"(select getvariable('first_day')::date as month, * from allocation.{source})",
                folder,
                parquet_name(table, draft.run_id, month),
            )
            for table, source in _SOURCES.items()
        }


def _check(published: Published, month: str) -> None:
    """Raise CheckError when the parts do not add up; by construction they do."""
    differing = published.query("allocation/differing").records()
    if differing:
        lines = "\n".join(
            f"  {row['shared_cost']}: {row['borne_usd']} of {row['amount_usd']} USD"
            for row in differing
        )
        raise CheckError(
            f"shared costs of {month} do not add up; the last publication stays in place. Report"
            f" this, with the policies of that month:\n{lines}"
        )
