"""Lands a batch of rows: raw, staging, dirty days, load record and watermark, all or nothing."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.log_sources import LogSource
from models.clock import Clock
from models.errors import SourceError
from models.sql_files import sql
from models.warehouse import Connection, mark_dirty, run, scalar, transaction


@dataclass(frozen=True)
class Landed:
    """What one batch brought: rows in the answer, and those not known before."""

    rows_received: int
    rows_new: int


def land(
    connection: Connection,
    clock: Clock,
    source: LogSource,
    origin: str,
    window: tuple[datetime, datetime],
    file: Path,
) -> Landed:
    """Land the rows of `file` (one JSON array per line), the answer for an ingestion window.

    Rows that a previous window already brought are left out, so any window may come twice.
    """
    start, end = (_naive(moment) for moment in window)
    load_id = int(scalar(connection, "select nextval('warehouse.run.load_ids')"))
    received = 0
    if file.stat().st_size:
        received = _read(connection, source, load_id, start, end, file)
    with transaction(connection):
        new = _insert(connection, source, load_id) if received else 0
        connection.execute(
            "insert into warehouse.run.loads values (?, ?, ?, ?, ?, ?, ?, ?)",
            [load_id, source.name, origin, start, end, received, new, _naive(clock.now())],
        )
        _advance(connection, source.name, origin, end)
    connection.execute("drop table if exists landed_rows")
    return Landed(received, new)


def high_water(connection: Connection, source: LogSource, origin: str) -> datetime | None:
    """Return the end of what was already asked for, None before the first load."""
    row = connection.execute(
        "select high_water from warehouse.run.watermarks where source = ? and origin = ?",
        [source.name, origin],
    ).fetchone()
    return row[0].replace(tzinfo=UTC) if row else None


def _read(
    connection: Connection,
    source: LogSource,
    load_id: int,
    start: datetime,
    end: datetime,
    file: Path,
) -> int:
    run_variables = {"load_id": load_id, "window_start": start, "answer_file": str(file)}
    for name, value in run_variables.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute(f"create or replace temp view answer as\n{sql('landing/answer')}")
    statement = f"create or replace table landed_rows as\n{sql(f'landing/{source.name}')}"
    try:
        connection.execute(statement)
    except duckdb.InvalidInputException:
        # One caller's header must not stop everybody's load.
        _rewrite_as_text(file)
        connection.execute(statement)
    received = int(scalar(connection, "select count(*) from landed_rows"))
    connection.execute(
        "create or replace temp view known_rows as select item_id, ingested_at"
        f" from {source.raw_table}"
        " where ingested_at >= getvariable('window_start')"
        " and ingested_at < getvariable('window_end')"
    )
    run(connection, "landing/forget_known", window_end=end)
    return received


def _insert(connection: Connection, source: LogSource, load_id: int) -> int:
    staging = f"warehouse.staging.{source.staging_table}"
    connection.execute(f"insert into {source.raw_table} by name select * from landed_rows")
    run(connection, f"staging/replaced_{source.staging_table}")
    connection.execute(f"insert into {staging} by name\n{sql(f'staging/{source.staging_table}')}")
    days = run(connection, f"staging/days_of_{source.staging_table}", load_id=load_id).fetchall()
    mark_dirty(connection, [day for (day,) in days], source.name)
    return int(scalar(connection, "select count(*) from landed_rows"))


def _rewrite_as_text(file: Path) -> None:
    """Replace what is JSON but no text: half a surrogate pair, bytes that are not UTF-8.

    Raises SourceError when a line is not even JSON.
    """
    try:
        with file.open("r", encoding="utf-8", errors="replace", newline="\n") as lines:
            rows = [json.dumps(json.loads(line), ensure_ascii=False) for line in lines]
    except ValueError as error:
        raise SourceError(
            f"the answer holds a row that is no JSON ({error}): the next run asks for it again"
        ) from error
    file.write_bytes("".join(row + "\n" for row in rows).encode(errors="replace"))


def _advance(connection: Connection, source: str, origin: str, end: datetime) -> None:
    known = connection.execute(
        "update warehouse.run.watermarks set high_water = greatest(high_water, ?)"
        " where source = ? and origin = ? returning high_water",
        [end, source, origin],
    ).fetchone()
    if known is None:
        connection.execute(
            "insert into warehouse.run.watermarks values (?, ?, ?)", [source, origin, end]
        )


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
