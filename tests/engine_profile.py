"""What the engine itself says it read: rows scanned per statement, from DuckDB's own profile."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from models.sql_files import names, sql
from models.warehouse import Connection

ROW_GROUP = 2048
"""The smallest row group: what a scan reads of a table is a multiple of it."""

_FOLDERS = (
    "checks", "dimension", "directory", "landing", "ledger", "marts", "run", "staging",
)  # fmt: skip

Scanned = Counter[tuple[str, str]]


@dataclass
class ProfiledConnection:
    """A connection that notes the rows every statement scans of which table of the warehouse.

    Keys are (statement, table): a statement is named after its file, else by its first words; a
    statement that runs several times adds up. `scans` counts how often the table was scanned.
    """

    connection: Connection
    scanned: Scanned = field(default_factory=Counter)
    scans: Counter[tuple[str, str]] = field(default_factory=Counter)
    _rows: list[tuple[Any, ...]] = field(default_factory=list)
    description: Any = None

    def __post_init__(self) -> None:
        self.connection.execute("set enable_profiling = 'no_output'")
        self.connection.execute("set profiling_coverage = 'ALL'")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.execute("reset enable_profiling")

    def execute(self, statement: str, parameters: Any = None) -> "ProfiledConnection":
        """Run a statement to its end, and note what it scanned."""
        result = self.connection.execute(statement, parameters)
        self.description = result.description
        self._rows = result.fetchall()
        profile = json.loads(self.connection.get_profiling_information("json") or "{}")
        for operator in profile.get("operator", []):
            for table, rows in _scans(operator):
                self.scanned[statement_name(statement), table] += rows
                self.scans[statement_name(statement), table] += 1
        return self

    def taken(self) -> tuple[Scanned, Counter[tuple[str, str]]]:
        """Return the rows scanned since last asked, and in how many scans."""
        taken = self.scanned, self.scans
        self.scanned, self.scans = Counter(), Counter()
        return taken

    def executemany(self, statement: str, parameters: Sequence[Any]) -> "ProfiledConnection":
        """Insert rows; nothing is scanned."""
        self.connection.executemany(statement, parameters)
        return self

    def register(self, name: str, rows: Any) -> None:
        """Give the engine columns that lie in memory."""
        self.connection.register(name, rows)

    def unregister(self, name: str) -> None:
        """Take them away again."""
        self.connection.unregister(name)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the rows of the last statement."""
        return self._rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the next row of the last statement."""
        return self._rows.pop(0) if self._rows else None


def in_small_row_groups(connection: Connection) -> None:
    """Attach the warehouse again, so that tables still empty are stored in the smallest groups."""
    path = connection.execute(
        "select path from duckdb_databases() where database_name = 'warehouse'"
    ).fetchone()
    assert path
    connection.execute("checkpoint warehouse")
    connection.execute("detach warehouse")
    connection.execute(f"attach '{path[0]}' as warehouse (row_group_size {ROW_GROUP})")


def statement_name(statement: str) -> str:
    """Return the file a statement comes from, else its first words."""
    for text, name in _statements().items():
        if text in statement:
            return name
    return " ".join(statement.split()[:6])


_NAMES: dict[str, str] = {}


def _statements() -> dict[str, str]:
    if not _NAMES:
        _NAMES.update({sql(name).strip(): name for folder in _FOLDERS for name in names(folder)})
    return _NAMES


def _scans(operator: dict[str, Any]) -> Iterator[tuple[str, int]]:
    table = operator.get("extra_info", {}).get("Table", "")
    if table.startswith("warehouse."):
        yield table.removeprefix("warehouse."), int(operator.get("rows_scanned", 0))
    for child in operator.get("children", []):
        yield from _scans(child)
