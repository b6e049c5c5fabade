"""Who belonged to which unit when: the reviewed rules over the directory's history, resolved.

Resolving reads every principal and needs no log. What it finds is stored, and compared with what
was stored before: only days on which somebody who moved was calling have to be built again. So a
move seen now changes no earlier day, and a correction of the past changes those it is about.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models.directory import CHANGED, OWNERSHIP_FROM
from models.ownership_seeds import CORRECTIONS, DEFAULT_LEVELS, OWNERS, RULES, UNIT_NAMES
from models.seeds import ALWAYS, FOREVER, SeedTable, naive
from models.sql_files import sql
from models.warehouse import Connection, build, define, mark_dirty, run, scalar, transaction

DECIDING_SEEDS = (RULES, UNIT_NAMES, CORRECTIONS, OWNERS)
"""Seeds that decide units. The tree of units only groups them."""

_READ = ("rules", "names", "corrections", "owners", "links", "principals", "texts", "below", "told")
# As known when, among the warehouse's inputs.
_RESOLVED_AT = "ownership_at"


def resolve(
    connection: Connection,
    known_at: datetime,
    proposed: Mapping[str, Sequence[tuple[Any, ...]]] | None = None,
) -> int:
    """Fill `ownership.resolved`: 1 row per principal and span, as known at a time (UTC).

    `proposed` are rows of DECIDING_SEEDS by file name, to read instead of the stored ones. Returns
    the number of rows.
    """
    for schema in ("reviewed", "ownership"):
        connection.execute(f"create schema if not exists {schema}")
    for seed in DECIDING_SEEDS:
        _review(connection, seed, proposed)
    variables: dict[str, Any] = {
        "known_at": naive(known_at),
        "always": ALWAYS,
        "forever": FOREVER,
        "default_levels": DEFAULT_LEVELS,
    }
    for table in _READ:
        build(connection, f"ownership.{table}", **variables)
    _candidates(connection, "ownership.told")
    build(connection, "ownership.decided", "ownership/resolved")
    build(connection, "ownership.undecided")
    build(connection, "ownership.inherited")
    build(connection, "ownership.last_resorts")
    _candidates(connection, "ownership.told", "ownership.inherited", "ownership.last_resorts")
    return build(connection, "ownership.resolved")


def refresh_ownership(connection: Connection, known_at: datetime) -> int:
    """Resolve again if anything it depends on is new; return how many principals changed.

    Days whose charges this moves are marked in the same transaction.
    """
    source = _source(connection)
    if _is_current(connection, source, naive(known_at)):
        return 0
    resolve(connection, known_at)
    define(connection, "ownership.stored")
    changed = build(connection, "ownership.differing")
    moved = build(connection, "ownership.moved")
    days = _days_moved(connection) if moved else []
    with transaction(connection):
        mark_dirty(connection, days, "ownership")
        if changed:
            connection.execute(sql("ownership/forget_differing"))
            connection.execute(sql("ownership/store_resolved"))
        _note(connection, OWNERSHIP_FROM, source)
        _note(connection, _RESOLVED_AT, naive(known_at).isoformat())
    return changed


def _review(
    connection: Connection,
    seed: SeedTable,
    proposed: Mapping[str, Sequence[tuple[Any, ...]]] | None,
) -> None:
    name = f"reviewed.{seed.file_name.removesuffix('.csv')}"
    if proposed is None:
        connection.execute(f"create or replace table {name} as from {seed.table}")
        return
    connection.execute(f"create or replace table {name} as from {seed.table} limit 0")
    rows = proposed[seed.file_name]
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {name} values ({marks})", rows)


def _candidates(connection: Connection, *tables: str) -> None:
    union = " union all by name ".join(f"from {table}" for table in tables)
    connection.execute(f"create or replace view ownership.candidates as {union}")


def _days_moved(connection: Connection) -> list[Any]:
    moved_from = scalar(connection, "select min(valid_from)::date from ownership.moved")
    days = run(connection, "ownership/days_moved", moved_from=moved_from).fetchall()
    return [day for (day,) in days]


def _source(connection: Connection) -> str:
    """Return what tells one state of everything that ownership follows from, from another."""
    names = [CHANGED, *(seed.file_name for seed in DECIDING_SEEDS)]
    known = dict(
        connection.execute(
            "select name, content_hash from warehouse.run.inputs where list_contains(?, name)",
            [names],
        ).fetchall()
    )
    return "|".join(known.get(name, "") for name in names)


def _is_current(connection: Connection, source: str, known_at: datetime) -> bool:
    stored = dict(
        connection.execute(
            "select name, content_hash from warehouse.run.inputs where name in (?, ?)",
            [OWNERSHIP_FROM, _RESOLVED_AT],
        ).fetchall()
    )
    if stored.get(OWNERSHIP_FROM) != source:
        return False
    # A row of a seed may become known, or stop being so, by the clock alone.
    resolved_at = datetime.fromisoformat(stored[_RESOLVED_AT])
    times = {"resolved_at": resolved_at, "known_at": known_at}
    return not run(connection, "ownership/newly_known", **times).fetchall()


def _note(connection: Connection, name: str, content: str) -> None:
    connection.execute("delete from warehouse.run.inputs where name = ?", [name])
    connection.execute("insert into warehouse.run.inputs values (?, ?)", [name, content])
