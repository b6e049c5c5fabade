"""Who is to be forgotten: everything the warehouse ever recorded that names them."""

import json
import re
from dataclasses import dataclass

from models.errors import ForgetError
from models.forgetting.needles import Needles, is_telling_name, needles
from models.seeds import FOREVER
from models.seeds import oid as read_oid
from models.sql_files import sql
from models.warehouse import Connection, run, scalar


@dataclass(frozen=True)
class Person:
    """What is known of an object id, in all versions; all of it empty where nothing is.

    `values_of_one` are attributes that decide units and that nobody else ever had.
    `unread_extensions` are names of extension attributes that no rule reads.
    """

    oid: str
    caller_id: int | None = None
    versions: int = 0
    is_in_directory: bool = False
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    employee_ids: tuple[str, ...] = ()
    has_namesakes: bool = False
    values_of_one: tuple[tuple[str, str], ...] = ()
    unread_extensions: tuple[str, ...] = ()

    @property
    def subject(self) -> str:
        """What the audit calls them."""
        return "somebody who never called" if self.caller_id is None else f"caller {self.caller_id}"

    def needles(self, replacement: str) -> Needles:
        """Return what to look for, and `replacement`, the object id that takes the place."""
        return needles(
            self.oid,
            replacement,
            addresses=self.addresses,
            employee_ids=self.employee_ids,
            names=self.names,
        )

    def silent_names(self) -> list[str]:
        """Return names that are too plain to be looked for in free text."""
        return [name for name in self.names if not is_telling_name(name)]


def find_person(connection: Connection, text: str) -> Person:
    """Return what the warehouse knows of an object id, in any case of letters.

    Raises ForgetError when the text is none, or is the id of a group.
    """
    try:
        oid = read_oid(text.strip())
    except ValueError as error:
        raise ForgetError(str(error)) from error
    versions = run(connection, "forget/person", oid=oid, forever=FOREVER)
    columns = [column[0] for column in versions.description or []]
    rows = [dict(zip(columns, row, strict=True)) for row in versions.fetchall()]
    if any(row["kind"] == "group" for row in rows):
        raise ForgetError(
            f"{oid} is a group, which is nobody: give the object id of a user or a service"
            " principal"
        )

    def told(*names: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row[name] for row in rows for name in names if row[name]))

    names = told("display_name")
    found = connection.execute(
        "select min(caller_id) from warehouse.directory.callers where lower(oid) = ?", [oid]
    ).fetchall()
    return Person(
        oid=oid,
        caller_id=found[0][0],
        versions=len(rows),
        is_in_directory=any(row["is_there"] for row in rows),
        names=names,
        addresses=told("mail", "user_principal_name"),
        employee_ids=told("employee_id"),
        has_namesakes=_has_namesakes(connection, names),
        values_of_one=tuple(run(connection, "forget/values_of_one").fetchall()) if rows else (),
        unread_extensions=_unread(connection, told("extension_attributes")),
    )


def units_named_after(connection: Connection, person: Person) -> list[str]:
    """Return units whose name holds a name of the person; they are finance's, and stay."""
    if not person.names:
        return []
    pattern = "(?i)" + "|".join(map(re.escape, person.names))
    found = run(connection, "forget/units_named_after", name_pattern=pattern).fetchall()
    return [unit for (unit,) in found]


def _has_namesakes(connection: Connection, names: tuple[str, ...]) -> bool:
    connection.execute("set variable names = $value", {"value": list(names)})
    return bool(scalar(connection, sql("forget/namesakes")))


def _unread(connection: Connection, extensions: tuple[str, ...]) -> tuple[str, ...]:
    present = {name for text in extensions for name in json.loads(text)}
    read = {name for (name,) in run(connection, "forget/deciding_attributes").fetchall()}
    return tuple(sorted(present - read))
