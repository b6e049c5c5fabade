"""The one place that reads published figures. It takes a Viewer and shows them their rows only."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from models.errors import PublicationError
from models.publication import (
    DAY_TABLES,
    MONTH_TABLES,
    SMALL_TABLES,
    Manifest,
    require_manifest,
)
from models.sql_files import sql
from models.viewer import Viewer
from models.warehouse import Connection, build, in_memory

FIRST_DAY = date(1970, 1, 1)
LAST_DAY = date(9999, 12, 31)

# Views after these are cut to what they say is visible.
_SCOPE = ("visible_units", "visible_callers")
# Made once, and only for who may see no part of few people.
_SHOWN = ("active_parts", "shown_parts")
_VIEWS = (
    *SMALL_TABLES,
    *DAY_TABLES,
    "legacy_meters",
    "metered_daily",
    "invoiced_daily",
    "stated_charges",
)
# What is left out while a month is being allocated.
_ALLOCATED = (
    *MONTH_TABLES,
    "borne",
    "borne_lines",
    "allocated_daily",
    "billed_daily",
    "caller_lines",
)


@dataclass(frozen=True)
class Answer:
    """Rows of a query with their column names and DuckDB types, in order."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """Return one dict per row."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Published:
    """Views over one published state, cut to one viewer's scope and a span of days."""

    manifest: Manifest
    connection: Connection

    def query(self, name: str, **variables: Any) -> Answer:
        """Run `sql/<name>.sql` over the views; `variables` are read with getvariable()."""
        for variable, value in variables.items():
            self.connection.execute(f"set variable {variable} = $value", {"value": value})
        result = self.connection.execute(sql(name))
        described = result.description or []
        return Answer(
            columns=tuple(column[0] for column in described),
            types=tuple(str(column[1]) for column in described),
            rows=result.fetchall(),
        )


@contextmanager
def reading(
    folder: Path,
    viewer: Viewer,
    *,
    first_day: date = FIRST_DAY,
    last_day: date = LAST_DAY,
    manifest: Manifest | None = None,
    is_allocated: bool = True,
) -> Iterator[Published]:
    """Open the published state of some days for one viewer, read-only, in a private database.

    `manifest` pins a state already read; without it the current one is opened. One that is not
    allocated yet has no shared costs. Raises PublicationError when nothing is published, or nothing
    in those days.
    """
    state = manifest or require_manifest(folder)
    if not state.files("daily", first_day, last_day):
        published = ", ".join(state.months()) or "no month yet"
        raise PublicationError(
            f"nothing is published between {first_day} and {last_day}; published: {published}"
        )
    asked = {day for day in state.days if str(first_day) <= day <= str(last_day)}
    months = sorted({day[:7] for day in asked}) if is_allocated else []
    if (
        not state.tables.keys() >= set(SMALL_TABLES)
        or not asked <= state.whole_days()
        or not state.allocated.keys() >= set(months)
    ):
        raise PublicationError(
            "some of these days were published by an older tollbook: run `tollbook run build`"
        )
    connection = in_memory()
    try:
        _set_scope(connection, viewer, first_day, last_day)
        for table in DAY_TABLES:
            _set_files(connection, table, folder, state.files(table, first_day, last_day))
        for table in SMALL_TABLES:
            _set_files(connection, table, folder, [state.tables[table]])
        for table in MONTH_TABLES:
            files = [state.allocated[month][table] for month in months]
            _set_files(connection, table, folder, files)
        for macros in ("statistics", "days", "money", "currency"):
            connection.execute(sql(f"macros/{macros}"))
        _define_views(connection, viewer)
        _define(connection, _ALLOCATED if is_allocated else ())
        yield Published(state, connection)
    except (duckdb.IOException, duckdb.InvalidInputException) as error:
        raise PublicationError(
            f"a file of publication {state.sequence} is gone or damaged: a newer publication may"
            " have replaced it, so ask again (in the dashboard: reload the page); if this stays,"
            " move the folder away and run `tollbook run build` to publish again"
        ) from error
    finally:
        connection.close()


def month_days(month: str) -> tuple[date, date]:
    """Return the first and last day of a month written YYYY-MM. Raises PublicationError."""
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise PublicationError(f"{month!r} is not a month: write it as 2026-10") from None
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _set_scope(connection: Connection, viewer: Viewer, first_day: date, last_day: date) -> None:
    values = {
        "first_day": first_day,
        "last_day": last_day,
        "sees_everything": viewer.sees_everything,
        "sees_names": viewer.sees_names,
        "merges_small_parts": viewer.merges_small_parts,
        "smallest_group": viewer.smallest_group,
        "viewer_units": sorted(viewer.units) or ["\0"],
        "viewer_oid": viewer.oid or "",
        # Shared costs are spread over these only where a report asks for them.
        **dict.fromkeys(("shares_by_day", "by_model", "by_client"), False),
    }
    for name, value in values.items():
        connection.execute(f"set variable {name} = $value", {"value": value})


def _define_views(connection: Connection, viewer: Viewer) -> None:
    _define(connection, _SCOPE)
    if viewer.merges_small_parts:
        for table in _SHOWN:
            build(connection, table, f"published/{table}")
        # A constant is compared faster than a table is joined.
        connection.execute(
            "set variable viewer_caller_id = (select max(caller_id) from visible_callers)"
        )
        connection.execute(sql("macros/small_parts_together"))
    else:
        connection.execute(sql("macros/parts_as_they_are"))
    _define(connection, _VIEWS)


def _define(connection: Connection, views: Sequence[str]) -> None:
    for view in views:
        connection.execute(f"create view {view} as\n{sql(f'published/{view}')}")


def _set_files(connection: Connection, table: str, folder: Path, files: Sequence[str]) -> None:
    # Purged days share one file without rows.
    paths = [str(folder / file) for file in dict.fromkeys(files)]
    connection.execute(f"set variable {table}_files = $paths", {"paths": paths})
