"""What an increment reads does not depend on how long the history is, by the engine's own profile.

Two warehouses that differ in nothing but the length of their history get the same hour of rows of
every source for the last day. Rows are counted where they are scanned, in the smallest row groups
the engine has, so that a scan of three days shows as one of three days.
"""

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from core_rows import NOW, open_books, person
from engine_profile import ROW_GROUP, ProfiledConnection, Scanned, in_small_row_groups
from incremental_life import land_arriving
from stored_history import ROWS_A_DAY, arriving, store_history

_DAYS = (30, 90)
_HOUR = 60
# The day itself and one on either side; a row group at either end belongs to other days in part.
_BOUND = 3 * (ROWS_A_DAY + _HOUR) + 2 * ROW_GROUP

LANDING, DIRECTORY, PUBLISHING = "landing", "directory", "publishing"
_ALL_LOADS = "reads every load there ever was"

READS_HISTORY: dict[str, dict[tuple[str, str], str]] = {
    LANDING: {},
    DIRECTORY: {},
    PUBLISHING: {
        ("run/data_until", "run.loads"): _ALL_LOADS,
        ("marts/sources", "run.loads"): _ALL_LOADS,
        ("create or replace table billing.coverage as", "run.loads"): _ALL_LOADS,
        ("create or replace table billing.charges as", "run.loads"): _ALL_LOADS,
        ("create or replace table billing.shared as", "run.loads"): _ALL_LOADS,
    },
}
"""Statements that still read the whole history, with the reason; an entry that is no longer true
fails the test, so that this list only gets shorter."""


@dataclass(frozen=True)
class Increment:
    """Rows scanned by step, statement and table."""

    scanned: dict[str, Scanned]
    scans: dict[str, Counter[tuple[str, str]]]


@pytest.fixture(scope="module")
def increments(tmp_path_factory: pytest.TempPathFactory) -> tuple[Increment, Increment]:
    """The same increment on the shorter and on the longer history."""
    shorter, longer = (increment(tmp_path_factory.mktemp("history"), days) for days in _DAYS)
    return shorter, longer


def increment(folder: Path, days: int) -> Increment:
    """Land, observe and publish an hour on top of so many days; return what that scanned."""
    found = Increment({}, {})
    with open_books(folder) as books:
        books.clock.move(NOW)
        in_small_row_groups(books.connection)
        books.observe(*(person(number) for number in range(16)))
        last_day = store_history(books, days)
        with ProfiledConnection(books.connection) as profiled:
            watched = replace(books, connection=profiled)  # type: ignore[arg-type]
            for name, step in {
                LANDING: lambda: land_arriving(watched, arriving(last_day, ROWS_A_DAY, _HOUR)),
                PUBLISHING: watched.publish,
                # Last, because it touches every day there is.
                DIRECTORY: lambda: watched.observe(person(1, department="Moved")),
            }.items():
                step()
                found.scanned[name], found.scans[name] = profiled.taken()
        assert books.connection.execute("from warehouse.directory.callers").fetchall()
    return found


@pytest.mark.parametrize("step", [LANDING, DIRECTORY, PUBLISHING])
def test_a_longer_history_costs_an_increment_nothing(
    increments: tuple[Increment, Increment], step: str
) -> None:
    shorter, longer = (increment.scanned[step] for increment in increments)
    assert longer, "the profile shows no scan at all"
    grown = {
        key: (shorter[key], rows)
        for key, rows in longer.items()
        if rows > shorter[key] + increments[1].scans[step][key] * ROW_GROUP
    }
    unknown = {key: rows for key, rows in grown.items() if key not in READS_HISTORY[step]}
    assert not unknown, f"these read more of a history of {_DAYS} days: {unknown}"
    mended = READS_HISTORY[step].keys() - grown.keys()
    assert not mended, f"no longer read the history; take them out of READS_HISTORY: {mended}"


@pytest.mark.parametrize("step", [LANDING, DIRECTORY, PUBLISHING])
def test_every_scan_is_within_the_touched_day_and_its_neighbours(
    increments: tuple[Increment, Increment], step: str
) -> None:
    for found in increments:
        beyond = {
            key: rows
            for key, rows in found.scanned[step].items()
            if rows > found.scans[step][key] * _BOUND and key not in READS_HISTORY[step]
        }
        assert not beyond, f"more than the days around the rows ({_BOUND}): {beyond}"
