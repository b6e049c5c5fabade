"""The allocation report: what shared costs there were, how they were split, and what was not."""

from collections.abc import Sequence
from pathlib import Path

from models.chargeback import without_columns
from models.errors import ReportError
from models.published import Answer, month_days, reading
from models.viewer import Viewer

KEYS = ("shared_cost", "unit", "user", "meter")
_STATEMENTS = {
    "shared_cost": "reports/allocation",
    "unit": "reports/allocation_by_bearer",
    "user": "reports/allocation_by_bearer",
    "meter": "reports/allocation_by_meter",
}


def allocation(folder: Path, viewer: Viewer, *, month: str, by: Sequence[str]) -> Answer:
    """Return the rows of `report allocation` for a month (YYYY-MM) and one of KEYS.

    By unit or user a viewer sees their own part; the invoice behind it is for who sees all units:
    ReportError for others.
    """
    if len(by) != 1 or by[0] not in KEYS:
        raise ReportError(f"allocation is reported by one of {', '.join(KEYS)}")
    if by[0] in {"shared_cost", "meter"} and not viewer.sees_everything:
        raise ReportError("the invoice is everybody's: ask for your own part with --by unit")
    first_day, last_day = month_days(month)
    with reading(folder, viewer, first_day=first_day, last_day=last_day) as published:
        answer = published.query(_STATEMENTS[by[0]], by_user=by[0] == "user")
    return without_columns(answer, {"oid", "name"} if by[0] == "unit" else ())
