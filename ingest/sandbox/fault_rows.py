"""Answers of Log Analytics with other rows or columns than the tables hold."""

from functools import singledispatch
from hashlib import sha256
from typing import Any

from ingest.sandbox.fault_kinds import (
    AddColumn,
    DropColumn,
    DuplicateRows,
    Fault,
    HideTable,
    Partial,
    ReorderRows,
)
from ingest.sandbox.fault_request import FaultRequest
from ingest.sandbox.kql import QueryError, unresolved
from ingest.sandbox.log_answer import partial_error
from ingest.sandbox.workspace import JsonObject


def refusal(fault: Fault, asked: FaultRequest) -> QueryError | None:
    """What a query that would have an answer is refused with under `fault`, None if it is not."""
    if isinstance(fault, HideTable):
        return unresolved("table or column", fault.table)
    if isinstance(fault, DropColumn) and fault.column in asked.names:
        return unresolved("column or scalar", fault.column)
    return None


@singledispatch
def rewrite(fault: Any, answer: JsonObject) -> None:
    """Change `answer`, the JSON of a query's result, in place."""
    raise NotImplementedError(type(fault).__name__)


@rewrite.register
def _(fault: Partial, answer: JsonObject) -> None:
    table = answer["tables"][0]
    table["rows"] = table["rows"][: fault.rows]
    reason = f"The results of this query exceed the set limit of {fault.rows} records."
    answer["error"] = partial_error(reason)


@rewrite.register
def _(fault: DuplicateRows, answer: JsonObject) -> None:
    table = answer["tables"][0]
    table["rows"] = [
        row
        for number, row in enumerate(table["rows"], start=1)
        for _ in range(1 if number % fault.every_row else 2)
    ]


@rewrite.register
def _(fault: ReorderRows, answer: JsonObject) -> None:
    rows = answer["tables"][0]["rows"]
    order = sorted(
        range(len(rows)), key=lambda index: sha256(f"{fault.seed}:{index}".encode()).digest()
    )
    answer["tables"][0]["rows"] = [rows[index] for index in order]


@rewrite.register
def _(fault: AddColumn, answer: JsonObject) -> None:
    table = answer["tables"][0]
    table["columns"].append({"name": fault.column, "type": fault.type})
    for row in table["rows"]:
        row.append(fault.value)


@rewrite.register
def _(fault: DropColumn, answer: JsonObject) -> None:
    table = answer["tables"][0]
    kept = [
        index for index, column in enumerate(table["columns"]) if column["name"] != fault.column
    ]
    table["columns"] = [table["columns"][index] for index in kept]
    table["rows"] = [[row[index] for index in kept] for row in table["rows"]]
