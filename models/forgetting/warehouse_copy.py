"""The warehouse without a person, as a new file: bytes of what is only replaced would stay."""

from datetime import datetime
from pathlib import Path

from models.directory import CHANGED, OWNERSHIP_FROM
from models.durable import sync_file
from models.errors import ForgetError
from models.forgetting.tables import columns_of, rows_naming, without_person
from models.seeds import naive
from models.warehouse import Connection, scalar

_FREE_TEXT = frozenset({"raw", "staging"})
"""Schemas in whose texts anybody may have put a name; elsewhere a name may be another's."""


def is_named(connection: Connection) -> bool:
    """Tell whether any row of the attached warehouse names the person."""
    return any(
        rows_naming(connection, table, columns_of(connection, table), with_names=False)
        for table in (f"warehouse.{schema}.{name}" for schema, name in _tables(connection))
    )


def copy_without_person(connection: Connection, draft: Path, at: datetime) -> dict[str, int]:
    """Write the attached warehouse without the person, forgotten at a time (UTC), into `draft`.

    Returns how many rows named them, by table. `look_for` must have run. Raises ForgetError when
    the copy is not whole; the warehouse itself is only read.
    """
    draft.unlink(missing_ok=True)
    named: dict[str, int] = {}
    path = str(draft).replace("'", "''")
    connection.execute(f"attach '{path}' as fresh")
    try:
        # Neighbours in time stay neighbours, or every later look at a day would read everything.
        connection.execute("set preserve_insertion_order = true")
        connection.execute("copy from database warehouse to fresh (schema)")
        for schema, table in _tables(connection):
            rows = _copy(connection, f"{schema}.{table}", with_names=schema in _FREE_TEXT)
            if rows:
                named[f"{schema}.{table}"] = rows
        # Units are resolved once more, and must come out the same.
        connection.execute(
            "delete from fresh.run.inputs where name in (?, ?)", [CHANGED, OWNERSHIP_FROM]
        )
        connection.execute(
            "insert into fresh.run.inputs values (?, ?)", [CHANGED, naive(at).isoformat()]
        )
        connection.execute("checkpoint fresh")
    finally:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("detach fresh")
    sync_file(draft)
    return named


def _tables(connection: Connection) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = 'warehouse' and not temporary order by all"
    ).fetchall()


def _copy(connection: Connection, table: str, *, with_names: bool) -> int:
    source, target = f"warehouse.{table}", f"fresh.{table}"
    columns = columns_of(connection, source)
    named = rows_naming(connection, source, columns, with_names=with_names)
    selected = without_person(columns, with_names=with_names) if named else "*"
    connection.execute(f"insert into {target} by name select {selected} from {source}")
    before, after = (
        scalar(connection, f"select count(*) from {name}") for name in (source, target)
    )
    left = rows_naming(connection, target, columns, with_names=with_names) if named else 0
    if before != after or left:
        raise ForgetError(
            f"the copy of {table} has {after} of {before} rows, {left} of which still name the"
            " person: nothing was changed; report this with the columns of the table"
        )
    return named
