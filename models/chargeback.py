"""The chargeback report: what each user, unit, group, manager, model, client or day owes."""

from collections.abc import Collection, Sequence
from contextlib import nullcontext
from pathlib import Path

from models.errors import ReportError
from models.published import Answer, Published, month_days, reading
from models.roll_up import TREES, counting
from models.viewer import Viewer

KEY_COLUMNS = {
    "user": ("oid", "name"),
    "unit": ("unit",),
    "group": ("group", "group_oid", "overlaps"),
    "manager": ("manager_oid", "manager"),
    "model": ("model",),
    "client": ("client",),
    "day": ("day",),
}
_PLACED = {"group", "manager"}
_TREE_COLUMNS = {
    "unit": ("parent_unit", "level", "is_roll_up"),
    "manager": ("level", "is_roll_up"),
}


def chargeback(
    folder: Path, viewer: Viewer, *, month: str, by: Sequence[str], roll_up: bool = False
) -> Answer:
    """Return the rows of `report chargeback` for a month (YYYY-MM) and at least one key.

    Every request of the month is in exactly one row, so the rows add up to the month. By group it
    is in the row of every group its caller was in that day. `roll_up` adds a row for whatever has
    parts below it in the tree of units or managers; without those the rows add up.
    """
    _check(by, roll_up=roll_up)
    first_day, last_day = month_days(month)
    with reading(folder, viewer, first_day=first_day, last_day=last_day) as published:
        return chargeback_rows(published, by, roll_up=roll_up)


def chargeback_rows(published: Published, by: Sequence[str], *, roll_up: bool = False) -> Answer:
    """Return the rows of the days that are open, with the columns of the keys asked for."""
    tree = next((key for key in TREES if key in by), None) if roll_up else None
    variables = {f"by_{key}": key in by for key in KEY_COLUMNS}
    is_plain = tree is None and _PLACED.isdisjoint(by)
    # Who is part of what changes from day to day, so there shares are needed by day.
    variables["shares_by_day"] = "day" in by or not is_plain
    with nullcontext() if is_plain else counting(published, variables, tree):
        answer = published.query("reports/chargeback", **variables)
    return with_keys(answer, by, tree)


def with_keys(answer: Answer, by: Sequence[str], tree: str | None = None) -> Answer:
    """Return the answer without columns of keys that were not asked for."""
    asked = {column for key in by for column in KEY_COLUMNS[key]}
    asked.update(_TREE_COLUMNS[tree] if tree else ())
    known = {column for columns in KEY_COLUMNS.values() for column in columns}
    known.update(*_TREE_COLUMNS.values())
    return without_columns(answer, known - asked)


def summands(answer: Answer) -> Answer:
    """Return the answer without the rows that only add up others."""
    if "is_roll_up" not in answer.columns:
        return answer
    place = answer.columns.index("is_roll_up")
    return Answer(answer.columns, answer.types, [row for row in answer.rows if not row[place]])


def without_columns(answer: Answer, dropped: Collection[str]) -> Answer:
    """Return the answer without some of its columns."""
    kept = [index for index, name in enumerate(answer.columns) if name not in dropped]
    return Answer(
        columns=tuple(answer.columns[index] for index in kept),
        types=tuple(answer.types[index] for index in kept),
        rows=[tuple(row[index] for index in kept) for row in answer.rows],
    )


def _check(by: Sequence[str], *, roll_up: bool) -> None:
    unknown = [key for key in by if key not in KEY_COLUMNS]
    if unknown or not by:
        raise ReportError(
            f"cannot report by {', '.join(unknown) or 'nothing'}:"
            f" choose from {', '.join(KEY_COLUMNS)}"
        )
    if roll_up and len(set(by) & set(TREES)) != 1:
        raise ReportError(
            "a roll-up goes up one tree, of units or managers: ask with --by unit or --by manager"
        )
