"""The chargeback report: what each user, unit, model, client or day owes for a month."""

from collections.abc import Sequence
from pathlib import Path

from models.errors import ReportError
from models.published import Answer, month_days, reading
from models.viewer import Viewer

KEY_COLUMNS = {
    "user": ("oid", "name"),
    "unit": ("unit",),
    "model": ("model",),
    "client": ("client",),
    "day": ("day",),
}
_ALL_KEYS = tuple(column for columns in KEY_COLUMNS.values() for column in columns)


def chargeback(folder: Path, viewer: Viewer, *, month: str, by: Sequence[str]) -> Answer:
    """Return the rows of `report chargeback` for a month (YYYY-MM) and at least one key.

    Every request of the month is in exactly one row, so the rows add up to the month.
    """
    unknown = [key for key in by if key not in KEY_COLUMNS]
    if unknown or not by:
        raise ReportError(
            f"cannot report by {', '.join(unknown) or 'nothing'}:"
            f" choose from {', '.join(KEY_COLUMNS)}"
        )
    first_day, last_day = month_days(month)
    variables = {f"by_{key}": key in by for key in KEY_COLUMNS}
    with reading(folder, viewer, first_day=first_day, last_day=last_day) as published:
        answer = published.query("reports/chargeback", **variables)
    asked = {column for key in by for column in KEY_COLUMNS[key]}
    return without_columns(answer, [name for name in _ALL_KEYS if name not in asked])


def without_columns(answer: Answer, dropped: Sequence[str]) -> Answer:
    """Return the answer without some of its columns."""
    kept = [index for index, name in enumerate(answer.columns) if name not in dropped]
    return Answer(
        columns=tuple(answer.columns[index] for index in kept),
        types=tuple(answer.types[index] for index in kept),
        rows=[tuple(row[index] for index in kept) for row in answer.rows],
    )
