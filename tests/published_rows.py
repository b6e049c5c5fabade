"""Everything a folder has published, with names in place of surrogates, for comparison."""

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb

from models.publication import DAY_TABLES, SMALL_TABLES, Manifest, require_manifest

_NAMED = {
    "caller_id": ("callers", "oid"),
    "unit_id": ("units", "unit"),
    "llm_model_id": ("llm_models", "llm_model"),
    "deployment_id": ("deployments", "account || '/' || deployment"),
    "client_id": ("clients", "client"),
}
DICTIONARIES = tuple(table for table, _ in _NAMED.values())
"""Tables that only grow: a value that a later correction made obsolete stays known."""

Rows = Counter[tuple[str, ...]]


def published_rows(folder: Path) -> dict[str, Rows]:
    """Return the rows of every table as texts `column=value`, day tables with their file's day."""
    manifest = require_manifest(folder)
    with duckdb.connect() as connection:
        names = {
            column: dict(
                connection.execute(
                    f"select {column}, {name} from read_parquet(?)",
                    [str(folder / manifest.tables[table])],
                ).fetchall()
            )
            for column, (table, name) in _NAMED.items()
        }
        return {
            table: _rows(connection, folder, files, names)
            for table, files in _files(manifest).items()
        }


def _files(manifest: Manifest) -> dict[str, list[tuple[str, str]]]:
    days: dict[str, list[tuple[str, str]]] = {
        table: [(day, entry[table]) for day, entry in manifest.days.items()] for table in DAY_TABLES
    }
    return days | {table: [("", manifest.tables[table])] for table in SMALL_TABLES}


def _rows(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    files: list[tuple[str, str]],
    names: dict[str, dict[int, str]],
) -> Rows:
    found: Rows = Counter()
    if not files:
        return found
    days = {str(folder / name): day for day, name in files}
    result = connection.execute("select * from read_parquet(?, filename = true)", [list(days)])
    columns = [column[0] for column in result.description or []]
    for row in result.fetchall():
        values: dict[str, Any] = dict(zip(columns, row, strict=True))
        day = days[values.pop("filename")]
        for column in _NAMED.keys() & values.keys():
            number = values[column]
            values[column] = number if number is None else names[column][number]
        found[(day, *(f"{name}={value}" for name, value in values.items()))] += 1
    return found
