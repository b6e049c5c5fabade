"""Which groups the directory is read for, and how things stand with each."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from models.directory_links import ASSIGNMENT, MEMBER
from models.seeds import FOREVER, naive
from models.warehouse import Connection

READ, OWED, GONE, LEFT = "read", "owed", "gone", "left"
"""How things stand with a group that was read: its members are known; they changed and could not be
read; it was deleted; nobody asks for it any more.
"""

NEW, UNKNOWN = "new", "unknown"
"""How things stand with one that was never read: it could not be, or the tenant has none."""

_PREFIX = "groups/"


def group_mark(oid: str) -> str:
    """Return the name under which a group's state is kept."""
    return _PREFIX + oid


def group_states(marks: Mapping[str, str]) -> dict[str, str]:
    """Return the state of each group that was ever asked for, out of all marks."""
    return {
        name.removeprefix(_PREFIX): state
        for name, state in marks.items()
        if name.startswith(_PREFIX)
    }


def groups_in_rules(connection: Connection, known_at: datetime) -> list[str]:
    """Return the groups that ownership rules name, as known at a time."""
    rows = connection.execute(
        "select distinct value from warehouse.seeds.ownership_rules"
        " where attribute = 'group' and value is not null"
        " and recorded_from <= $at and recorded_to > $at order by value",
        {"at": naive(known_at)},
    ).fetchall()
    return [value for (value,) in rows]


def assigned_groups(connection: Connection) -> set[str]:
    """Return the groups that the application is assigned to, as last read."""
    rows = connection.execute(
        "select target_oid from warehouse.directory.links"
        " where kind = ? and valid_to = ? and recorded_to = ?"
        " and target_oid in (select oid from warehouse.directory.principals where kind = 'group')",
        [ASSIGNMENT, FOREVER, FOREVER],
    ).fetchall()
    return {oid for (oid,) in rows}


def groups_around(connection: Connection, oids: Collection[str]) -> set[str]:
    """Return the groups that have or once had one of these in them."""
    rows = connection.execute(
        "select distinct source_oid from warehouse.directory.links"
        " where kind = ? and target_oid in (select unnest(?::varchar[]))",
        [MEMBER, list(oids)],
    ).fetchall()
    return {oid for (oid,) in rows}


def known_groups(connection: Connection, oids: Iterable[str]) -> set[str]:
    """Return which of these are recorded as groups."""
    rows = connection.execute(
        "select distinct oid from warehouse.directory.principals"
        " where kind = 'group' and oid in (select unnest(?::varchar[]))",
        [list(oids)],
    ).fetchall()
    return {oid for (oid,) in rows}
