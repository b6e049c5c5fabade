"""Recorded rows of the Log Analytics tables, loaded once into a temporary DuckDB database.

DuckDB reads the JSON lines itself. Only a file whose rows do not match its lines one to one (a
broken, blank or null line) is read again from a copy that has the good lines with their numbers.

Two schemas offer the tables to queries: `kql` as documented, and `kql_ingestion` with one more
column that stands for `ingestion_time()`. Both show a connection only what its variables allow:
`sandbox_now`, `sandbox_workspaces` (lower case), `sandbox_resource`, `span_start`, `span_end`.
"""

import glob
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from ingest.sandbox import log_statements
from ingest.sandbox.log_schema import TABLES
from ingest.sandbox.workspace import (
    UNREADABLE,
    Problem,
    Problems,
    Workspace,
    json_line_files,
    json_lines,
    open_recorded,
    recorded_name,
)


@dataclass(frozen=True)
class LogTables:
    """The loaded tables. `first_seen`: workspace id (lower case) -> its first visible moment."""

    connection: duckdb.DuckDBPyConnection
    first_seen: dict[str, datetime]


@dataclass(frozen=True)
class _Loading:
    """One file on its way into one table; `name` is how problems spell the file."""

    connection: duckdb.DuckDBPyConnection
    workspace: Workspace
    table: str
    file: Path
    name: str

    def run(self, statement: str, **parameters: object) -> duckdb.DuckDBPyConnection:
        """Execute `statement` for this file."""
        return self.connection.execute(statement, {"name": self.name, **parameters})


def load_log_tables(workspace: Workspace, folder: Path, problems: Problems) -> LogTables:
    """Load `tables/` of `workspace` into a new DuckDB file in `folder`.

    A value of another type than its documented column becomes null; it and every line left out is
    added to `problems`.
    """
    # DuckDB names the catalog after the file: it must not be the name of a schema.
    connection = duckdb.connect(folder / "workspace.duckdb")
    connection.execute("set timezone = 'UTC'")
    for schema in ("recorded", "kql", "kql_ingestion"):
        connection.execute(f"create schema {schema}")
    for table in TABLES:
        connection.execute(log_statements.create_statement(table))
        for file in json_line_files(workspace.folder / "tables" / table):
            name = recorded_name(workspace, file)
            _load_file(_Loading(connection, workspace, table, file, name), problems)
        for schema in ("kql", "kql_ingestion"):
            connection.execute(log_statements.view_statement(schema, table))
    # From here on queries arrive from outside: they get the tables and nothing else.
    connection.execute("set enable_external_access = false")
    return LogTables(connection, _first_seen(connection))


def _first_seen(connection: duckdb.DuckDBPyConnection) -> dict[str, datetime]:
    seen: dict[str, datetime] = {}
    for table in TABLES:
        rows = connection.execute(log_statements.first_seen_statement(table)).fetchall()
        for workspace_id, moment in rows:
            aware = moment.replace(tzinfo=UTC)
            seen[workspace_id] = min(aware, seen.get(workspace_id, aware))
    return seen


def _load_file(loading: _Loading, problems: Problems) -> None:
    if not _load_as_it_is(loading):
        loading.run(log_statements.clear_statement(loading.table))
        _load_numbered_copy(loading, problems)
    wrong_rows = loading.run(log_statements.wrong_rows_statement(loading.table)).fetchall()
    for line, wrong in wrong_rows:
        problems.add(Problem(loading.name, line, _wrong_reason(loading.table, wrong)))
    loading.run(log_statements.clear_statement(loading.table, hollow_only=True))
    _, _, without_time = _counts(loading)
    if without_time:
        loading.run(
            log_statements.fill_ingested_statement(loading.table),
            starts_at=loading.workspace.starts_at.replace(tzinfo=None),
        )


def _load_as_it_is(loading: _Loading) -> bool:
    """Load the file directly; False when its rows are not exactly its lines."""
    try:
        lines = _line_count(loading.file)
        _insert(loading, loading.file, numbered=False)
    except (duckdb.Error, *UNREADABLE):
        return False
    rows, hollow, _ = _counts(loading)
    return rows == lines and not hollow


def _load_numbered_copy(loading: _Loading, problems: Problems) -> None:
    """Load the good lines of the file, each with its number; the broken ones become problems."""
    written = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.jsonl")
        with copy.open("w", encoding="utf-8") as lines:
            for number, text, value in json_lines(loading.workspace, loading.file, problems):
                # It goes first because DuckDB takes the first of two equal keys.
                mark = f'{{"{log_statements.LINE_KEY}":{number}' + ("," if value else "")
                lines.write(f"{mark}{text[1:]}\n")
                written += 1
        _insert(loading, copy, numbered=True)
    rows, _, _ = _counts(loading)
    if rows < written:
        lost = written - rows
        problems.add(Problem(loading.name, 0, f"DuckDB accepts {lost} more lines not as JSON"))


def _insert(loading: _Loading, file: Path, *, numbered: bool) -> None:
    loading.run(
        log_statements.load_statement(loading.table, numbered=numbered),
        file=glob.escape(str(file)),
        first_workspace=loading.workspace.workspace_ids[0],
    )


def _counts(loading: _Loading) -> tuple[int, int, int]:
    """Rows of the file, those without any value, those without an ingestion time."""
    rows = loading.run(log_statements.counts_statement(loading.table)).fetchall()
    total, hollow, without_time = rows[0]
    return total, hollow, without_time


def _line_count(file: Path) -> int:
    count, last = 0, b"\n"
    with open_recorded(file) as recorded:
        while chunk := recorded.read(2**20):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def _wrong_reason(table: str, wrong: list[str]) -> str:
    if wrong == [log_statements.HOLLOW]:
        return f"the row has no column of {table} and is left out"
    return f"read as null, because not of the documented type: {', '.join(wrong)}"
