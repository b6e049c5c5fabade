"""The publication without a person: files that name them are written anew, under new names."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

from models.forgetting.tables import columns_of, rows_naming, without_person
from models.publication import DAY_TABLES, Manifest, parquet_name, write_parquet
from models.warehouse import Connection


def publication_without_person(
    connection: Connection, folder: Path, manifest: Manifest, run_id: int
) -> tuple[Manifest, Counter[str]]:
    """Write the files anew that name the person; return the manifest that is to be published.

    The second value is how many rows named them, by table. Figures, and the order of rows, stay.
    `look_for` must have run on the connection, which must keep the order of rows.
    """
    named = Counter[str]()

    def renewed(files: Mapping[str, str], usage_day: date | None = None) -> dict[str, str]:
        return {table: one(table, file, usage_day) for table, file in files.items()}

    def one(table: str, file: str, usage_day: date | None) -> str:
        relation, with_names = parquet(folder / file), has_free_text(table)
        columns = columns_of(connection, relation)
        rows = rows_naming(connection, relation, columns, with_names=with_names)
        if not rows:
            return file
        named[table] += rows
        selected = without_person(columns, with_names=with_names)
        name = parquet_name(table, run_id, usage_day)
        return write_parquet(connection, f"(select {selected} from {relation})", folder, name)

    days = {day: renewed(files, date.fromisoformat(day)) for day, files in manifest.days.items()}
    tables = renewed(manifest.tables)
    return replace(manifest, sequence=manifest.sequence + 1, days=days, tables=tables), named


def parquet(path: Path) -> str:
    """Return the call that reads a Parquet file."""
    text = str(path).replace("'", "''")
    return f"read_parquet('{text}')"


def has_free_text(table: str) -> bool:
    """Tell whether texts of a published table may name anybody: the small ones name others too."""
    return table in DAY_TABLES
