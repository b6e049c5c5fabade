"""The warehouse: one DuckDB file with one writer, and the statements that run on it."""

import errno
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from models.clock import Clock, rfc3339
from models.durable import replace
from models.errors import WarehouseError
from models.sql_files import names, sql

SCHEMA_VERSION = 5
"""The version this code writes. `sql/warehouse/vN.sql` leads from N - 1 to N."""

Connection = duckdb.DuckDBPyConnection

# The disk, a quota or the limit on the size of a file.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def writing(
    file: Path, clock: Clock, *, wait_seconds: float, memory_limit: str
) -> Iterator[Connection]:
    """Open the warehouse for writing, alone.

    The connection's default database is in memory (what a build derives); the file is attached as
    `warehouse`. Raises WarehouseError that says who holds the lock when it is not free in time, and
    when there is no room for what the block writes.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    holder = file.with_suffix(".holder.json")
    lock = FileLock(file.with_suffix(".lock"))
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise WarehouseError(
            f"{file} is being written by {_holder(holder)}; waited {wait_seconds:g} s."
            " Wait for it to end, or set TOLLBOOK_WRITER_WAIT_SECONDS higher"
        ) from error
    try:
        holder.write_text(json.dumps({"pid": os.getpid(), "since": rfc3339(clock.now())}))
        connection = _connect(file, clock, memory_limit)
        try:
            yield connection
        except (OSError, duckdb.Error) as error:
            if not _is_full(error):
                raise
            raise WarehouseError(_no_room(file)) from error
        finally:
            connection.close()
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


@contextmanager
def looking(file: Path) -> Iterator[Connection | None]:
    """Open the warehouse to look at it, read-only; None when there is none, or it is being written.

    Whoever wants to write meanwhile waits. A warehouse of another schema version is None too: only
    a run migrates.
    """
    lock = FileLock(file.with_suffix(".lock"))
    if not file.is_file():
        yield None
        return
    try:
        held = lock.acquire(timeout=0)
    except Timeout:
        yield None
        return
    with held, in_memory() as connection:
        path = str(file).replace("'", "''")
        connection.execute(f"attach '{path}' as warehouse (read_only)")
        yield connection if schema_version(connection) == SCHEMA_VERSION else None


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Commit what happens inside, or nothing of it."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


@contextmanager
def modest_memory(connection: Connection, limit: str) -> Iterator[None]:
    """Hold DuckDB to a lower memory limit for a while: it fills whatever it is given."""
    usual = scalar(connection, "select current_setting('memory_limit')")
    connection.execute("set memory_limit = $limit", {"limit": limit})
    try:
        yield
    finally:
        connection.execute("set memory_limit = $limit", {"limit": usual})


def run(connection: Connection, name: str, **variables: Any) -> Connection:
    """Run the statement `sql/<name>.sql`; it reads `variables` with getvariable().

    Variables are typed values, never text pasted into the statement.
    """
    for variable, value in variables.items():
        connection.execute(f"set variable {variable} = $value", {"value": value})
    return connection.execute(sql(name))


def build(connection: Connection, table: str, name: str | None = None, **variables: Any) -> int:
    """Create or replace `table` from the select in `sql/<name or table as path>.sql`.

    Returns the number of rows. The first comment line of the file becomes the table's comment.
    """
    for variable, value in variables.items():
        connection.execute(f"set variable {variable} = $value", {"value": value})
    text = sql(name or table.replace(".", "/"))
    connection.execute(f"create or replace table {table} as\n{text}")
    return int(scalar(connection, f"select count(*) from {table}"))


def define(connection: Connection, view: str, **variables: Any) -> None:
    """Create or replace `view` from `sql/<view as path>.sql`; nothing is computed yet."""
    for variable, value in variables.items():
        connection.execute(f"set variable {variable} = $value", {"value": value})
    connection.execute(f"create or replace view {view} as\n{sql(view.replace('.', '/'))}")


def claim(connection: Connection, tenant_id: str | None) -> None:
    """Note whose data the warehouse holds; WarehouseError when it is another tenant's."""
    if tenant_id is None:
        return
    row = connection.execute(
        "select content_hash from warehouse.run.inputs where name = 'tenant_id'"
    ).fetchone()
    if row is None:
        connection.execute("insert into warehouse.run.inputs values ('tenant_id', ?)", [tenant_id])
    elif row[0] != tenant_id:
        raise WarehouseError(
            f"the warehouse holds tenant {row[0]}, the settings name {tenant_id}:"
            " give each tenant (and the demo) a --data-dir of its own"
        )


NIGHT = "night"
"""Why a day may be dirty: something changed on the edge of the day beside it."""


def mark_dirty(connection: Connection, days: Sequence[date], reason: str) -> None:
    """Note usage days whose ledger files no longer match what is known."""
    if days:
        connection.executemany(
            "insert into warehouse.run.dirty_days values (?, ?)", [(day, reason) for day in days]
        )


def scalar(connection: Connection, statement: str, parameters: Any = None) -> Any:
    """Return the one value of a query that yields one row."""
    # All of it: a result that is still open keeps the connection from other things.
    rows = connection.execute(statement, parameters).fetchall()
    if not rows:
        raise AssertionError(f"a query that always yields a row yielded none: {statement}")
    return rows[0][0]


def in_memory() -> Connection:
    """Return a private in-memory database in which times are UTC."""
    connection = duckdb.connect(":memory:")
    connection.execute("set timezone = 'UTC'")
    return connection


def _connect(file: Path, clock: Clock, memory_limit: str) -> Connection:
    connection = in_memory()
    is_new = not file.exists()
    try:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set memory_limit = $limit", {"limit": memory_limit})
        connection.execute(
            "set temp_directory = $folder", {"folder": str(file.with_suffix(".spill"))}
        )
        _attach(connection, file, clock)
        for macros in names("macros"):
            connection.execute(sql(macros))
    except duckdb.Error as error:
        connection.close()
        if _is_full(error):
            if is_new:
                # Half of an empty warehouse is none, and could not be opened.
                file.unlink(missing_ok=True)
                file.with_name(f"{file.name}.wal").unlink(missing_ok=True)
            raise WarehouseError(_no_room(file)) from error
        raise WarehouseError(
            f"{file} cannot be opened: {error}. If the file is damaged, restore a backup or move it"
            " away and load again"
        ) from error
    except BaseException:
        connection.close()
        raise
    return connection


def swap(connection: Connection, file: Path, draft: Path, clock: Clock) -> None:
    """Put another whole warehouse file in the place of the attached one, and attach it.

    Nothing of the old file stays: neither its bytes, nor its log, nor what it spilled.
    """
    connection.execute("checkpoint warehouse")
    connection.execute("detach warehouse")
    log = file.with_name(f"{file.name}.wal")
    log.unlink(missing_ok=True)
    replace(draft, file)
    shutil.rmtree(file.with_suffix(".spill"), ignore_errors=True)
    _attach(connection, file, clock)


def _attach(connection: Connection, file: Path, clock: Clock) -> None:
    path = str(file).replace("'", "''")
    connection.execute(f"attach '{path}' as warehouse")
    _migrate(connection, clock)


def _is_full(error: Exception) -> bool:
    """Tell whether something could not be written for want of room; DuckDB says so in words."""
    if isinstance(error, OSError):
        return error.errno in _NO_ROOM
    return any(os.strerror(number) in str(error) for number in _NO_ROOM)


def _no_room(file: Path) -> str:
    return (
        f"{file.parent} has no room for what is to be written: free some space there, or raise the"
        " limit on files, and run again; what was complete is kept, nothing is half there"
    )


def _migrate(connection: Connection, clock: Clock) -> None:
    version = schema_version(connection)
    if version > SCHEMA_VERSION:
        raise WarehouseError(
            f"the warehouse has schema version {version}, this tollbook writes {SCHEMA_VERSION}:"
            " install the newer tollbook that wrote it"
        )
    for step in range(version + 1, SCHEMA_VERSION + 1):
        connection.execute("use warehouse")
        try:
            with transaction(connection):
                connection.execute(sql(f"warehouse/v{step}"))
                connection.execute(
                    "insert into run.schema_version values (?, ?)",
                    [step, clock.now().replace(tzinfo=None)],
                )
        finally:
            connection.execute("use memory")


def schema_version(connection: Connection) -> int:
    """Return the attached warehouse's schema version, 0 for an empty file."""
    tables = scalar(
        connection,
        "select count(*) from duckdb_tables()"
        " where database_name = 'warehouse' and schema_name = 'run'"
        " and table_name = 'schema_version'",
    )
    if not tables:
        return 0
    return int(scalar(connection, "select max(version) from warehouse.run.schema_version"))


def _holder(file: Path) -> str:
    try:
        held = json.loads(file.read_text())
    except (OSError, ValueError):
        return "another process"
    return f"process {held.get('pid')} since {held.get('since')}"
