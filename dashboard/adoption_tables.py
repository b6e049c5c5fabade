"""The tables of the page Adoption: rows of the report to cells."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dashboard.blocks import Cell, Table
from dashboard.figures import UNKNOWN, count_text, exact_text, moment_text, money_text, short_text
from dashboard.place import Place, unit_in_link
from models.published import Answer
from models.rendering import is_share

Row = dict[str, Any]

LONGEST_LIST = 50
"""How many people a list on the page names; the report has them all."""

_STATES = {
    "after_leaving": "after leaving",
    "not_entitled_active": "without assignment",
}
_UNIT_COUNTS = (
    ("Entitled", "entitled"),
    ("Active", "active"),
    ("Active share", "active_share"),
    ("Never used", "never_used"),
    ("Dormant", "dormant"),
    ("Without assignment", "active_without_assignment"),
    ("After leaving", "after_leaving"),
    ("Requests", "requests"),
    ("List cost", "list_cost_usd"),
    ("Per active person", "cost_per_active_usd"),
)
_CLIENT_COUNTS = (("People", "people"), ("Requests", "requests"), ("List cost", "list_cost_usd"))
_GROUP_COUNTS = (
    ("People", "members"),
    ("Arrived", "arrived"),
    ("Not arrived", "not_arrived"),
    ("First day of use", "first_arrival"),
    ("Last to begin", "last_arrival"),
)

# Without anybody to count there is no such figure; it is not unknown.
_OF_NOBODY = {"active_share", "cost_per_active_usd", "first_arrival", "last_arrival"}


def units_table(place: Place, units: Answer) -> Table:
    """Return one row per unit, which leads to what the unit was charged."""
    return Table(
        "By unit at the month's end",
        ["Unit", *(title for title, _ in _UNIT_COUNTS)],
        list(range(1, 1 + len(_UNIT_COUNTS))),
        [
            [
                Cell(short_text(row["unit"]), Place(place.month, unit_in_link(row["unit"])).link),
                *_cells(row, _UNIT_COUNTS),
            ]
            for row in units.records()
        ],
    )


def clients_table(clients: Answer) -> Table:
    """Return one row per client and version."""
    return Table(
        "By client and version",
        ["Client", "Version", *(title for title, _ in _CLIENT_COUNTS)],
        [2, 3, 4],
        [
            [
                Cell(short_text(row["client"] or UNKNOWN)),
                Cell(
                    short_text(row["client_version"] or "not told"),
                    is_quiet=not row["client_version"],
                ),
                *_cells(row, _CLIENT_COUNTS),
            ]
            for row in clients.records()
        ],
    )


def groups_table(groups: Answer) -> Table:
    """Return one row per group that Claude is rolled out to."""
    return Table(
        "By rollout group",
        ["Group", *(title for title, _ in _GROUP_COUNTS)],
        list(range(1, 1 + len(_GROUP_COUNTS))),
        [
            [Cell(short_text(row["group"]), hint=row["group_oid"]), *_cells(row, _GROUP_COUNTS)]
            for row in groups.records()
        ],
    )


def not_arrived_table(not_arrived: Answer) -> Table:
    """Return the people of the groups who never used Claude."""
    rows = not_arrived.records()
    return Table(
        "Not arrived yet",
        ["Person", "Unit", "Group", "Account"],
        [],
        [
            [
                _person(row),
                Cell(short_text(row["unit"])),
                Cell(short_text(row["group"])),
                _account(row),
            ]
            for row in rows[:LONGEST_LIST]
        ],
        _pager(rows, "group,user"),
    )


def watched_table(place: Place, users: Answer) -> Table | None:
    """Return whoever used Claude after leaving or without assignment; None when nobody did."""
    rows = [row for row in users.records() if row["state"] in _STATES]
    rows.sort(key=lambda row: list(_STATES).index(row["state"]))
    if not rows:
        return None
    return Table(
        "Traffic after leaving, or without assignment",
        ["Person or application", "Requests", "List cost", "Why", "Left at", "Last use", "Unit"],
        [1, 2],
        [
            [
                _person(row, place),
                *_cells(row, _CLIENT_COUNTS[1:]),
                Cell(_STATES[row["state"]], is_strong=row["state"] == "after_leaving"),
                Cell(moment_text(row["left_at"]) if row["left_at"] else ""),
                Cell(str(row["last_use"])),
                Cell(short_text(row["unit"])),
            ]
            for row in rows[:LONGEST_LIST]
        ],
        _pager(rows, "user"),
    )


def _person(row: Row, place: Place | None = None) -> Cell:
    name = short_text(row["name"] or row["oid"] or UNKNOWN)
    link = Place(place.month, oid=row["oid"]).link if place and row["oid"] else None
    return Cell(name, link, hint=row["oid"])


def _account(row: Row) -> Cell:
    if row["account_enabled"] is None:
        return Cell(UNKNOWN, is_quiet=True)
    return Cell("enabled" if row["account_enabled"] else "disabled")


def _pager(rows: Sequence[Row], by: str) -> list[Cell]:
    if len(rows) <= LONGEST_LIST:
        return []
    text = f"The first {LONGEST_LIST} of {len(rows):,}; tollbook report adoption --by {by} has all."
    return [Cell(text, is_quiet=True)]


def _cells(row: Row, columns: Sequence[tuple[str, str]]) -> list[Cell]:
    return [_cell(name, row[name]) for _, name in columns]


def _cell(name: str, value: Any) -> Cell:
    if value is None:
        return Cell("") if name in _OF_NOBODY else Cell(UNKNOWN, is_quiet=True)
    if is_share(name):
        return Cell(f"{100 * value:.0f} %")
    if isinstance(value, Decimal):
        return Cell(money_text(value), hint=exact_text(value))
    return Cell(count_text(value) if isinstance(value, int) else str(value))
