"""Reviewed seeds into the warehouse: replaced if changed, with the days they change."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from models.seed_files import read_seeds
from models.seeds import ALWAYS, DEPLOYMENTS, DISCOUNTS, FOREVER, REVIEW, SUBSCRIPTIONS, naive
from models.sql_files import sql
from models.warehouse import Connection, mark_dirty, run, transaction

Span: TypeAlias = tuple[datetime, datetime]
"""Half-open, naive UTC."""

Row: TypeAlias = tuple[Any, ...]

_DAY = timedelta(days=1)
# What days are built from, beside units, which are compared once they are resolved.
_BOOKED = frozenset(
    (
        "prices.csv",
        "models.csv",
        *(seed.file_name for seed in (DISCOUNTS, DEPLOYMENTS, SUBSCRIPTIONS)),
    )
)


def load_seeds(connection: Connection, folder: Path | None) -> list[str]:
    """Bring the warehouse's seeds up to date; return the names of those that changed.

    A file in `folder` replaces the product's own seed of the same name. Raises SeedError that lists
    every problem of every file; then nothing is replaced.
    """
    tables = read_seeds(folder)
    with transaction(connection):
        changed = {name: _replace(connection, name, rows) for name, rows in tables.items()}
        spans = [span for name in sorted(_BOOKED) for span in changed[name] or ()]
        if spans:
            # With the seeds or not at all: a kill in between would keep history at the old price.
            days = connection.execute(sql("staging/days")).fetchall()
            mark_dirty(connection, within([day for (day,) in days], spans), "seeds")
    return [name for name, touched in changed.items() if touched is not None]


def newly_known(connection: Connection, since: datetime, until: datetime) -> list[Span]:
    """Return the spans of time about which the seeds say something else at `until` than at `since`.

    Both are UTC. A row's recorded times pass by the clock alone, without a change of its file.
    """
    times = {"built_at": naive(since), "known_at": naive(until)}
    spans: list[Span] = run(connection, "run/newly_known", **times).fetchall()
    return spans


def within(days: Iterable[date], spans: Sequence[Span]) -> list[date]:
    """Return the days, UTC, of which some moment lies in one of the half-open spans."""
    found = []
    for day in days:
        midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 (tables hold naive UTC)
        if any(start < midnight + _DAY and midnight < end for start, end in spans):
            found.append(day)
    return found


def _replace(connection: Connection, name: str, rows: Sequence[Row]) -> list[Span] | None:
    """Store a seed; return the spans about which it says something else, None if unchanged."""
    content = sha256(repr(rows).encode()).hexdigest()
    stored = connection.execute(
        "select content_hash from warehouse.run.inputs where name = ?", [name]
    ).fetchone()
    if stored == (content,):
        return None
    table = f"warehouse.seeds.{name.removesuffix('.csv')}"
    before = connection.execute(f"from {table}")
    columns = [column[0] for column in before.description or []]
    spans = _spans(columns, before.fetchall(), rows)
    connection.execute(f"delete from {table}")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        connection.executemany(f"insert into {table} values ({marks})", rows)
    connection.execute("delete from warehouse.run.inputs where name = ?", [name])
    connection.execute("insert into warehouse.run.inputs values (?, ?)", [name, content])
    return spans


def _spans(columns: Sequence[str], before: Sequence[Row], after: Sequence[Row]) -> list[Span]:
    """Return when a row holds in one of both and not in the other; its source is not looked at."""
    if "valid_from" not in columns:
        return [(ALWAYS, FOREVER)]
    start, end = columns.index("valid_from"), columns.index("valid_to")
    said = [
        i
        for i, column in enumerate(columns)
        if i not in {start, end} and column not in {"source", *REVIEW}
    ]
    # Of everything that is said: +1 where the rows of before begin, -1 where those of after do.
    edges: dict[Row, Counter[datetime]] = defaultdict(Counter)
    for rows, weight in ((before, 1), (after, -1)):
        for row in rows:
            change = edges[tuple(row[i] for i in said)]
            change[row[start]] += weight
            change[row[end]] -= weight
    return [span for change in edges.values() for span in _unbalanced(change)]


def _unbalanced(change: Counter[datetime]) -> Iterator[Span]:
    balance = 0
    for moment, until in pairwise(sorted(change)):
        balance += change[moment]
        if balance:
            yield moment, until
