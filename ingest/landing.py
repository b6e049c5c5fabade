"""Lands a batch of rows: raw, staging, dirty days and load record, all or nothing."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.source import Source
from models.clock import Clock
from models.errors import SourceError
from models.sql_files import sql
from models.warehouse import NIGHT, Connection, mark_dirty, run, scalar, transaction

# Rows pass through memory in pieces of this size; what they add to the warehouse commits together.
_PIECE_BYTES = 32 * 2**20


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
    reads: Sequence[FileRead] = (),
    replaced: Sequence[str] = (),
) -> Landed:
    """Land the rows of `file`: the answer for a window, or with `reads` a piece of some files.

    Rows that an earlier batch already brought are left out, so any batch may come twice. The files
    `replaced` are no longer remembered: others hold now. Raises SourceError when the file holds
    something that is not a row.
    """
    batch = _Batch(source, origin, window, file, form or Form("answer", source.name))
    files = _Files(reads, replaced)
    try:
        return _land(connection, clock, batch, files)
    except duckdb.InvalidInputException:
        if file.is_dir():
            raise
        # One caller's header must not stop everybody's load.
        _rewrite_as_text(file)
        return _land(connection, clock, batch, files)


@dataclass(frozen=True)
class _Batch:
    """What is landed, and whence."""

    source: Source
    origin: str
    window: tuple[datetime, datetime] | None
    file: Path
    form: Form


@dataclass(frozen=True)
class _Files:
    """Which files of an export a batch read on, and which it makes void."""

    reads: Sequence[FileRead]
    replaced: Sequence[str]


def _land(connection: Connection, clock: Clock, batch: _Batch, files: _Files) -> Landed:
    source = batch.source
    start, end = (_naive(moment) for moment in batch.window) if batch.window else (None, None)
    now = _naive(clock.now())
    load_id = int(scalar(connection, "select nextval('warehouse.run.load_ids')"))
    variables = {"load_id": load_id, "window_start": start or now, "observed_at": now}
    for name, value in variables.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    landed = Landed()
    newest: list[datetime] = []
    with transaction(connection):
        for piece in _pieces(batch.file):
            landed += _land_piece(connection, source, piece, batch.form)
            newest += _newest(connection, now)
        if landed.rows_new and source.marks_days:
            days = run(connection, f"staging/days_of_{source.days_of}", load_id=load_id)
            mark_dirty(connection, [day for (day,) in days.fetchall()], source.name)
            nights = run(connection, "staging/nights_of_load", load_id=load_id)
            mark_dirty(connection, [day for (day,) in nights.fetchall()], NIGHT)
        connection.execute(
            "insert into warehouse.run.loads values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(load_id, source.name, batch.origin, start, end),
                *(landed.rows_received, landed.rows_new, now),
                *(_title(files.reads), max(newest, default=None)),
            ],
        )
        _remember(connection, batch, files, load_id)
        connection.execute("drop table if exists landed_rows")
    return landed


def _pieces(file: Path) -> Iterator[Path]:
    """Yield files of whole lines that hold what `file` holds, none so large that memory is felt.

    A piece is gone once the next one is asked for.
    """
    if file.stat().st_size <= _PIECE_BYTES:
        if file.stat().st_size:
            yield file
        return
    piece = file.with_suffix(".piece")
    with file.open("rb") as lines:
        while block := lines.read(_PIECE_BYTES):
            with piece.open("wb") as out:
                out.write(block)
                out.write(lines.readline())
            yield piece
    piece.unlink()


def _land_piece(connection: Connection, source: Source, file: Path, form: Form) -> Landed:
    """Add the rows of a file that are not known yet to raw and staging."""
    connection.execute("set variable answer_file = $file", {"file": str(file)})
    connection.execute(f"create or replace temp view answer as\n{sql(f'landing/{form.answer}')}")
    rows = sql(f"landing/{form.rows}")
    connection.execute(f"create or replace temp table landed_rows as\n{rows}")
    received = int(scalar(connection, "select count(*) from landed_rows"))
    if not received:
        return Landed()
    if source.known_by:
        _forget_known(connection, source)
    connection.execute(f"insert into {source.raw_table} by name select * from landed_rows")
    if source.staging_table:
        staging = f"warehouse.staging.{source.staging_table}"
        run(connection, f"staging/replaced_{source.staging_table}")
        statement = sql(f"staging/{source.staging_table}")
        connection.execute(f"insert into {staging} by name\n{statement}")
    return Landed(received, int(scalar(connection, "select count(*) from landed_rows")))


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


def _newest(connection: Connection, now: datetime) -> list[datetime]:
    """Return the newest time of the piece, unless its rows carry none; never later than now."""
    columns = {row[0] for row in connection.execute("describe landed_rows").fetchall()}
    if "ingested_at" not in columns:
        return []
    newest = scalar(connection, "select max(ingested_at) from landed_rows")
    return [min(newest, now)] if newest else []


def _title(reads: Sequence[FileRead]) -> str | None:
    if len(reads) < 2:
        return reads[0].name if reads else None
    return f"{reads[0].name} and {len(reads) - 1} more"


def _remember(connection: Connection, batch: _Batch, files: _Files, load_id: int) -> None:
    """Note how far files are read, in place of what was noted before."""
    names = [*files.replaced, *(read.name for read in files.reads)]
    if not names:
        return
    connection.execute(
        "delete from warehouse.run.files"
        " where source = ? and origin = ? and list_contains(?::varchar[], file)",
        [batch.source.name, batch.origin, names],
    )
    rows = [
        [
            *(batch.source.name, batch.origin, read.name, read.version, read.size_bytes),
            *(read.read_bytes, read.broken_lines, load_id),
        ]
        for read in files.reads
    ]
    if rows:
        connection.executemany(
            "insert into warehouse.run.files values (?, ?, ?, ?, ?, ?, ?, ?)", rows
        )


def _rewrite_as_text(file: Path) -> None:
    """Replace what is JSON but no text: half a surrogate pair, bytes that are not UTF-8.

    Raises SourceError when a line is not even JSON.
    """
    text = file.with_suffix(".text")
    try:
        with (
            file.open("r", encoding="utf-8", errors="replace", newline="\n") as lines,
            text.open("wb") as out,
        ):
            for line in lines:
                row = json.dumps(json.loads(line), ensure_ascii=False)
                out.write(f"{row}\n".encode(errors="replace"))
    except ValueError as error:
        raise SourceError(
            f"the answer holds a row that is no JSON ({error}): the next run asks for it again"
        ) from error
    text.replace(file)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
