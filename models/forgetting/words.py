"""Words about a person in the operations database, and what is to stand in their place."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from models.forgetting.needles import Needles


@dataclass(frozen=True)
class Word:
    """One cell as it is to be."""

    table: str
    row: int
    column: str
    text: str


def words_naming(database: sqlite3.Connection, wanted: Needles) -> list[Word]:
    """Return every cell of the operations database that names the person, without them."""
    found = []
    for table in _tables(database):
        rows = database.execute(f'select rowid, * from "{table}"')
        columns = [column[0] for column in rows.description]
        for row in rows:
            for column, value in zip(columns[1:], row[1:], strict=True):
                if not isinstance(value, str):
                    continue
                said = wanted.replaced(value, with_names=True)
                if said != value:
                    found.append(Word(table, row[0], column, said))
    return found


def put_words(database: sqlite3.Connection, words: Sequence[Word]) -> None:
    """Write the cells. Forgetting is the one reason to touch rows that are only ever added."""
    tables = {word.table for word in words}
    guards = [
        guard
        for guard in database.execute(
            "select name, tbl_name, sql from sqlite_master where type = 'trigger'"
        ).fetchall()
        if guard[1] in tables
    ]
    for name, _, _ in guards:
        database.execute(f'drop trigger "{name}"')
    for word in words:
        database.execute(
            f'update "{word.table}" set "{word.column}" = ? where rowid = ?',
            [word.text, word.row],
        )
    for _, _, definition in guards:
        database.execute(definition)


def _tables(database: sqlite3.Connection) -> list[str]:
    return [
        name
        for (name,) in database.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
        )
    ]
