"""Lands a batch of rows: raw, staging, dirty days and load record, all or nothing."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.source import Source
from models.clock import Clock
from models.errors import SourceError
from models.sql_files import sql
from models.warehouse import Connection, mark_dirty, run, scalar, transaction


@dataclass(frozen=True)
class Landed:
    """What one batch brought: rows in the answer, and those not known before."""

    rows_received: int = 0
    rows_new: int = 0

    def __add__(self, other: "Landed") -> "Landed":
        """Return both batches together."""
        return Landed(self.rows_received + other.rows_received, self.rows_new + other.rows_new)


@dataclass(frozen=True)
class FileRead:
    """How far a file of an export is read once this batch has landed."""

    name: str
    version: str
    size_bytes: int
    read_bytes: int
    broken_lines: int = 0


@dataclass(frozen=True)
class Form:
    """How a batch is written: the statement that opens its file, and the one that types its rows.

    Both lie in `sql/landing`. The default of a source is a file of JSON arrays and the statement of
    the source's own name.
    """

    answer: str
    rows: str


def land(  # noqa: PLR0913 (what, whence, when, which file, and how it is written)
    connection: Connection,
    clock: Clock,
    source: Source,
    origin: str,
    window: tuple[datetime, datetime] | None,
    file: Path,
    *,
    form: Form | None = None,
    read: FileRead | None = None,
) -> Landed:
    """Land the rows of `file`: the answer for a window, or with `read` a piece of an export's file.

    Rows that an earlier batch already brought are left out, so any batch may come twice. Raises
    SourceError when the file holds something that is not a row.
    """
    start, end = (_naive(moment) for moment in window) if window else (None, None)
    load_id = int(scalar(connection, "select nextval('warehouse.run.load_ids')"))
    now = _naive(clock.now())
    variables = {"load_id": load_id, "window_start": start or now, "observed_at": now}
    for name, value in variables.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    received = 0
    if file.stat().st_size:
        received = _read(connection, source, file, form or Form("answer", source.name))
    with transaction(connection):
        new = _insert(connection, source, load_id) if received else 0
        connection.execute(
            "insert into warehouse.run.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(load_id, source.name, origin, start, end, received, new, now),
                *(read.name if read else None, _newest(connection, now) if received else None),
            ],
        )
        if read:
            _remember(connection, source, origin, read, load_id)
    connection.execute("drop table if exists landed_rows")
    return Landed(received, new)


def _read(connection: Connection, source: Source, file: Path, form: Form) -> int:
    connection.execute("set variable answer_file = $file", {"file": str(file)})
    connection.execute(f"create or replace temp view answer as\n{sql(f'landing/{form.answer}')}")
    statement = f"create or replace table landed_rows as\n{sql(f'landing/{form.rows}')}"
    try:
        connection.execute(statement)
    except duckdb.InvalidInputException:
        # One caller's header must not stop everybody's load.
        _rewrite_as_text(file)
        connection.execute(statement)
    received = int(scalar(connection, "select count(*) from landed_rows"))
    if received and source.known_by:
        _forget_known(connection, source)
    return received


def _forget_known(connection: Connection, source: Source) -> None:
    """Take out of the batch what the warehouse has; only rows of the batch's time are compared."""
    time = source.known_time
    first, last = connection.execute(
        f"select min({time}), max({time}) from landed_rows"
    ).fetchall()[0]
    for name, value in {"first_known": first, "last_known": last}.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute(
        f"create or replace temp view known_rows as select * from {source.known_table}"
        f" where {time} between getvariable('first_known') and getvariable('last_known')"
    )
    run(connection, f"landing/{source.known_by}")


def _insert(connection: Connection, source: Source, load_id: int) -> int:
    connection.execute(f"insert into {source.raw_table} by name select * from landed_rows")
    if source.staging_table:
        staging = f"warehouse.staging.{source.staging_table}"
        run(connection, f"staging/replaced_{source.staging_table}")
        statement = sql(f"staging/{source.staging_table}")
        connection.execute(f"insert into {staging} by name\n{statement}")
    if source.marks_days:
        days = run(connection, f"staging/days_of_{source.staging_table}", load_id=load_id)
        mark_dirty(connection, [day for (day,) in days.fetchall()], source.name)
    return int(scalar(connection, "select count(*) from landed_rows"))


def _newest(connection: Connection, now: datetime) -> datetime | None:
    """Return the newest time of the batch, unless its rows carry none; never later than now."""
    columns = {row[0] for row in connection.execute("describe landed_rows").fetchall()}
    if "ingested_at" not in columns:
        return None
    newest: datetime | None = scalar(
        connection, "select least(max(ingested_at), $now) from landed_rows", {"now": now}
    )
    return newest


def _remember(
    connection: Connection, source: Source, origin: str, read: FileRead, load_id: int
) -> None:
    """Note how far a file is read, in place of what was noted before."""
    connection.execute(
        "delete from warehouse.run.files where source = ? and origin = ? and file = ?",
        [source.name, origin, read.name],
    )
    connection.execute(
        "insert into warehouse.run.files values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            *(source.name, origin, read.name, read.version, read.size_bytes),
            *(read.read_bytes, read.broken_lines, load_id),
        ],
    )


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


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
