"""One query executed, and its rows as pieces of the JSON body Log Analytics sends.

DuckDB makes the JSON text of each row, so 500,000 rows never become Python objects. Limits per
result: 500,000 rows and 100 MiB of rows (azure-monitor-limits, 30 Mar 2026); what is over is cut
and reported as a PartialError in the same body.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from string import Template
from typing import Any

import duckdb
from duckdb_kql.types import kusto_type

from ingest.sandbox.kql import QueryError, Translation, explain, translate
from ingest.sandbox.log_statements import INGESTED
from ingest.sandbox.log_tables import LogTables

ROW_LIMIT = 500_000
SIZE_LIMIT_BYTES = 100 * 2**20
_BATCH_ROWS = 5_000

_NO_ROWS = Template("select * from ($query) limit 0")
_ROWS = Template("select json_array($values)::varchar from ($query) limit $limit")

# How a column of each Kusto type becomes a JSON value: datetime with 7 digits, dynamic as the text
# of its JSON, numbers that JSON cannot write as text.
_VALUES = {
    "datetime": Template("strftime($column::timestamp, '%Y-%m-%dT%H:%M:%S.%f') || '0Z'"),
    "dynamic": Template("$column::json::varchar"),
    "real": Template(
        "case when isnan($column) then to_json('NaN') "
        "when $column = 'infinity'::double then to_json('Infinity') "
        "when $column = '-infinity'::double then to_json('-Infinity') else to_json($column) end"
    ),
    "timespan": Template("$column::varchar"),
    "decimal": Template("$column::varchar"),
    "guid": Template("$column::varchar"),
}


@dataclass(frozen=True)
class Question:
    """One query as asked: over which workspaces or resource, within [start, end), at what time."""

    query: str
    now: datetime
    workspace_ids: tuple[str, ...]
    resource_id: str | None
    start: datetime | None
    end: datetime | None
    wait_s: float


class QueryTimeoutError(Exception):
    """The query ran longer than the client was ready to wait."""


@dataclass(frozen=True)
class Answer:
    """An executed query: its columns (name, Kusto type), first rows, and the source of more."""

    cursor: duckdb.DuckDBPyConnection
    columns: tuple[tuple[str, str], ...]
    first_rows: list[tuple[str]]
    execution_s: float


def open_answer(tables: LogTables, question: Question) -> Answer:
    """Execute `question` up to its first rows.

    Raises QueryError for a query Log Analytics would refuse, QueryTimeoutError after `wait_s`.
    """
    started = time.perf_counter()
    cursor = tables.connection.cursor()
    timer = threading.Timer(question.wait_s, cursor.interrupt)
    timer.start()
    try:
        columns, first_rows = _execute(cursor, question)
    except BaseException as error:
        cursor.close()
        if isinstance(error, duckdb.InterruptException):
            raise QueryTimeoutError from error
        if isinstance(error, duckdb.Error):
            raise explain(error) from error
        raise
    finally:
        timer.cancel()
    return Answer(cursor, columns, first_rows, time.perf_counter() - started)


def _execute(
    cursor: duckdb.DuckDBPyConnection, question: Question
) -> tuple[tuple[tuple[str, str], ...], list[tuple[str]]]:
    """Columns and first rows, each row as its JSON text."""
    translation = translate(question.query, question.now, cursor)
    _limit_view(cursor, question, translation)
    columns = _columns(cursor, translation)
    values = ", ".join(_value(name, kind) for name, kind in columns)
    cursor.execute(
        _ROWS.substitute(values=values, query=translation.sql, limit=ROW_LIMIT + 1),
        translation.parameters or None,
    )
    return columns, cursor.fetchmany(_BATCH_ROWS)


def _limit_view(
    cursor: duckdb.DuckDBPyConnection, question: Question, translation: Translation
) -> None:
    """Tell this connection's views what it may see."""
    cursor.execute("set timezone = 'UTC'")
    cursor.execute(f"set schema = '{translation.schema}'")
    for name, value in (
        ("sandbox_now", _naive(question.now)),
        ("sandbox_workspaces", [name.lower() for name in question.workspace_ids]),
        ("sandbox_resource", question.resource_id),
        ("span_start", _naive(question.start)),
        ("span_end", _naive(question.end)),
    ):
        cursor.execute(f"set variable {name} = $value", {"value": value})


def _naive(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=None)


def _columns(
    cursor: duckdb.DuckDBPyConnection, translation: Translation
) -> tuple[tuple[str, str], ...]:
    described = cursor.execute(
        _NO_ROWS.substitute(query=translation.sql), translation.parameters or None
    ).description
    columns = tuple(
        (name, kusto_type(kind))
        for name, kind, *_ in described or ()
        if not name.startswith(INGESTED)
    )
    if not columns:
        raise QueryError("SemanticError", "The query has no result columns.")
    return columns


def _value(name: str, kind: str) -> str:
    column = '"' + name.replace('"', '""') + '"'
    return _VALUES.get(kind, Template("$column")).substitute(column=column)


def body_pieces(answer: Answer, *, with_statistics: bool) -> Iterator[bytes]:
    """The JSON body of `answer`, in pieces; closes its cursor at the end."""
    columns = [{"name": name, "type": kind} for name, kind in answer.columns]
    head = json.dumps({"name": "PrimaryResult", "columns": columns}, separators=(",", ":"))
    yield f'{{"tables":[{head[:-1]},"rows":['.encode()
    row_count = size_bytes = 0
    problem: str | None = None
    try:
        for rows in _batches(answer):
            fitting, size_bytes, problem = _fitting(rows, row_count, size_bytes)
            text = ",".join(fitting)
            yield (("," if row_count and text else "") + text).encode()
            row_count += len(fitting)
            if problem:
                break
    except duckdb.Error as error:
        problem = str(error).splitlines()[0]
    finally:
        answer.cursor.close()
    tail: dict[str, Any] = {}
    if with_statistics:
        tail["statistics"] = _statistics(answer, row_count, size_bytes)
    if problem:
        tail["error"] = partial_error(problem)
    yield b"]}]" + b"".join(
        f',"{name}":{json.dumps(value, separators=(",", ":"))}'.encode()
        for name, value in tail.items()
    )
    yield b"}"


def _batches(answer: Answer) -> Iterator[list[tuple[str]]]:
    rows = answer.first_rows
    while rows:
        yield rows
        rows = answer.cursor.fetchmany(_BATCH_ROWS)


def _fitting(
    rows: list[tuple[str]], row_count: int, size_bytes: int
) -> tuple[list[str], int, str | None]:
    """The rows of a batch within both limits, the size so far, and the limit that was hit."""
    texts = [row[0] for row in rows[: ROW_LIMIT - row_count]]
    over = len(texts) < len(rows)
    problem = f"the set limit of {ROW_LIMIT} records" if over else None
    for index, text in enumerate(texts):
        size_bytes += len(text.encode())
        if size_bytes > SIZE_LIMIT_BYTES:
            texts = texts[:index]
            problem = f"the set limit of {SIZE_LIMIT_BYTES} bytes"
            break
    reason = f"The results of this query exceed {problem}." if problem else None
    return texts, size_bytes, reason


def _statistics(answer: Answer, row_count: int, size_bytes: int) -> dict[str, Any]:
    dataset = {"table_row_count": row_count, "table_size": size_bytes}
    return {"query": {"executionTime": answer.execution_s, "datasetStatistics": [dataset]}}


def partial_error(reason: str) -> dict[str, Any]:
    """The `error` beside the rows of an answer that is not complete."""
    inner = {"code": "-2133196797", "message": reason, "severity": 2, "severityName": "Error"}
    return {
        "code": "PartialError",
        "message": "There were some errors when processing your query.",
        "details": [
            {
                "code": "EngineError",
                "message": "Something went wrong processing your query on the server.",
                "innererror": inner,
            }
        ],
    }
