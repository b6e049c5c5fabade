"""Rows that count in several places: whose groups somebody is in, and what a unit is part of.

Keys are put on usage before it is added up, because bounds of finished rows do not add up. Usage is
first summed over stretches of days in which nobody's place changes; only these few rows are counted
again for every group, unit or manager above.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from models.published import Published
from models.sql_files import sql
from models.warehouse import Connection, build

TREES = ("unit", "manager")
"""What has parts below it, and so can be rolled up."""

_EDGES = {"unit": "roll_up/unit_edges", "manager": "roll_up/manager_edges"}


@contextmanager
def counting(published: Published, asked: Mapping[str, bool], tree: str | None) -> Iterator[None]:
    """Let `caller_lines` carry groups, managers and the roll-up of one of TREES, inside the block.

    `asked` says of each variable by_KEY of the report whether that key is asked for.
    """
    connection = published.connection
    for name, value in {**asked, "roll_up": tree or ""}.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    _create(connection, "managers", "roll_up/manager_edges", is_asked=asked["by_manager"])
    _create(connection, "group_stretches", "roll_up/group_stretches", is_asked=asked["by_group"])
    grow(connection, tree)
    for table in ("places", "tree_stretches", "stretch_lines", "counted_lines"):
        build(connection, f"roll_up.{table}")
    connection.execute(f"create temp view caller_lines as\n{sql('roll_up/caller_lines')}")
    try:
        yield
    finally:
        connection.execute("drop view temp.caller_lines")


def grow(connection: Connection, tree: str | None) -> None:
    """Build the paths of a tree over the days read, cut where it runs in a circle; None: of none.

    `roll_up.circles` says where it was cut.
    """
    _create(connection, "edges", _EDGES[tree or "unit"], is_asked=tree is not None)
    build(connection, "roll_up.standings")
    build(connection, "roll_up.paths")
    if build(connection, "roll_up.circles"):
        build(connection, "roll_up.standings", "roll_up/cut_standings")
        build(connection, "roll_up.paths")


def _create(connection: Connection, table: str, name: str, *, is_asked: bool) -> None:
    """Build a table of the roll-up; what is not asked for stays empty."""
    connection.execute("create schema if not exists roll_up")
    rows = "" if is_asked else "limit 0"
    connection.execute(f"create or replace table roll_up.{table} as from (\n{sql(name)}\n) {rows}")
