"""A file of JSON lines as a DuckDB table: `lines(line, one JSON column per asked name)`.

DuckDB reads the file itself. Only a file whose rows do not match its lines one to one (a broken or
blank line) is read again from a copy that has the good lines with their numbers.
"""

import glob
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from ingest.sandbox.workspace import (
    LINE_LIMIT_BYTES,
    UNREADABLE,
    Problem,
    Problems,
    Workspace,
    json_lines,
    open_recorded,
    recorded_name,
)

_LINE_KEY = "__line"


def load_lines(
    connection: duckdb.DuckDBPyConnection,
    workspace: Workspace,
    file: Path,
    names: Sequence[str],
    problems: Problems,
) -> None:
    """Replace the temporary table `lines` by the good lines of `file`, numbered from 1.

    Every line left out is added to `problems`. A name that a line lacks is null there; names are
    the caller's own, never text from outside.
    """
    try:
        expected = _line_count(file)
        _read(connection, file, names, numbered=False)
        if _row_count(connection) == expected:
            return
    except (duckdb.Error, *UNREADABLE):
        pass
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy.jsonl")
        written = _write_numbered(workspace, file, copy, problems)
        _read(connection, copy, names, numbered=True)
    lost = written - _row_count(connection)
    if lost:
        reason = f"DuckDB accepts {lost} more lines not as JSON"
        problems.add(Problem(recorded_name(workspace, file), 0, reason))


def _read(
    connection: duckdb.DuckDBPyConnection, file: Path, names: Sequence[str], *, numbered: bool
) -> None:
    kinds = dict.fromkeys(names, "json") | ({_LINE_KEY: "integer"} if numbered else {})
    number = f'"{_LINE_KEY}"' if numbered else "row_number() over ()"
    columns = ", ".join(f'"{name}"' for name in names)
    wanted = ", ".join(f"'{name}': '{kind}'" for name, kind in kinds.items())
    lenient = "true" if numbered else "false"
    connection.execute(
        f"create or replace temp table lines as select ({number})::integer as line, {columns} "
        f"from read_json($file, format = 'newline_delimited', records = true, "
        f"columns = {{{wanted}}}, maximum_object_size = {LINE_LIMIT_BYTES}, "
        f"ignore_errors = {lenient})" + (f' where "{_LINE_KEY}" is not null' if numbered else ""),
        {"file": glob.escape(str(file))},
    )


def _row_count(connection: duckdb.DuckDBPyConnection) -> int:
    count: int = connection.execute("select count(*) from lines").fetchall()[0][0]
    return count


def _line_count(file: Path) -> int:
    count, last = 0, b"\n"
    with open_recorded(file) as recorded:
        while chunk := recorded.read(2**20):
            count += chunk.count(b"\n")
            last = chunk[-1:]
    return count + (last != b"\n")


def _write_numbered(workspace: Workspace, file: Path, copy: Path, problems: Problems) -> int:
    """Copy the good lines of the file, each with its number; how many there are."""
    written = 0
    with copy.open("w", encoding="utf-8") as lines:
        for number, text, value in json_lines(workspace, file, problems):
            # It goes first because DuckDB takes the first of two equal keys.
            mark = f'{{"{_LINE_KEY}":{number}' + ("," if value else "")
            lines.write(f"{mark}{text[1:]}\n")
            written += 1
    return written
