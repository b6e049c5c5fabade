"""Any table without a person: which of its rows name them, and what it says without them.

No table is known by name here, so that a column added later is not forgotten.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from models.forgetting.needles import Needles
from models.forgetting.person import Person
from models.sql_files import sql
from models.warehouse import Connection

# In a row about the person itself these say nothing but who it is.
_PERSONAL = ("display_name", "user_principal_name", "mail", "employee_id", "app_id")
_EXTENSIONS = "extension_attributes"
_TEXTS = ("VARCHAR", "JSON")


@dataclass(frozen=True)
class Column:
    """A column and its DuckDB type."""

    name: str
    type: str

    @property
    def holds_text(self) -> bool:
        """Whether something in it can name anybody."""
        return any(kind in self.type for kind in (*_TEXTS, "UUID"))

    @property
    def quoted(self) -> str:
        """The name as a statement writes it."""
        return '"' + self.name.replace('"', '""') + '"'


def look_for(connection: Connection, person: Person, wanted: Needles) -> None:
    """Make the statements of this module look for a person on a connection."""
    rules = wanted.rules(with_names=True)
    values = {
        "person_oid": person.oid,
        "person_replacement": wanted.replacement,
        "identity_pattern": wanted.pattern(with_names=False),
        "person_pattern": wanted.pattern(with_names=True),
        "patterns": [f"(?i){rule.pattern}" for rule in rules],
        "replacements": [rule.replacement for rule in rules],
        "unread_extensions": json.dumps(dict.fromkeys(person.unread_extensions)),
    }
    for name, value in values.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    connection.execute(sql("forget/macros"))


def columns_of(connection: Connection, relation: str) -> list[Column]:
    """Return the columns of a table, or of a call such as read_parquet(...)."""
    rows = connection.execute(f"describe select * from {relation}").fetchall()
    return [Column(row[0], row[1]) for row in rows]


def rows_naming(
    connection: Connection, relation: str, columns: Sequence[Column], *, with_names: bool
) -> int:
    """Return how many rows of a relation name the person; `look_for` must have run."""
    wanted = [_names(column, with_names=with_names) for column in columns if column.holds_text]
    if not wanted:
        return 0
    rows = connection.execute(f"select count(*) from {relation} where {' or '.join(wanted)}")
    return int(rows.fetchall()[0][0])


def without_person(columns: Sequence[Column], *, with_names: bool) -> str:
    """Return the list of a select that yields the same rows without the person."""
    names = {column.name for column in columns}
    return ", ".join(
        f"{_without(column, names, with_names=with_names)} as {column.quoted}" for column in columns
    )


def _names(column: Column, *, with_names: bool) -> str:
    if column.type == "UUID":
        return f"coalesce({column.quoted} = getvariable('person_oid')::uuid, false)"
    macro = "names_person" if with_names else "names_identity"
    return f"{macro}({_as_text(column)})"


def _without(column: Column, names: set[str], *, with_names: bool) -> str:
    if not column.holds_text:
        return column.quoted
    if column.type == "UUID":
        return (
            f"case when {column.quoted} = getvariable('person_oid')::uuid"
            f" then getvariable('person_replacement')::uuid else {column.quoted} end"
        )
    macro = "without_person" if with_names else "without_identity"
    replaced = f"{macro}({_as_text(column)})"
    if column.type not in _TEXTS:
        replaced = f"({replaced})::json"
    replaced = f"({replaced})::{column.type}"
    if "oid" not in names or column.name not in {*_PERSONAL, _EXTENSIONS}:
        return replaced
    own = "null"
    if column.name == _EXTENSIONS:
        patch = "getvariable('unread_extensions')"
        own = f"nullif(json_merge_patch({column.quoted}, {patch})::varchar, '{{}}')"
    is_person = "lower(\"oid\"::varchar) = getvariable('person_oid')"
    return f"case when {is_person} then {own} else {replaced} end"


def _as_text(column: Column) -> str:
    """Return a column as text; lists and structs as JSON, whose escapes the rules know."""
    if column.type in _TEXTS:
        return f"{column.quoted}::varchar"
    return f"to_json({column.quoted})::varchar"
