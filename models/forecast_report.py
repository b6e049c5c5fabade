"""The forecast report: what months would have been forecast to come to, and what they came to.

It is a trial on what is published now: costs that were corrected since count as corrected.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from models.budget_seeds import SUBJECT_KINDS
from models.budget_series import (
    Known,
    Moment,
    build_costs,
    known_costs,
    moment_of,
    reading_costs,
)
from models.budget_state import INTERVAL_SHARE, cents
from models.errors import ReportError
from models.forecast import forecast
from models.publication import Manifest, require_manifest
from models.published import Answer, Published, month_days
from models.viewer import Viewer
from models.warehouse import build

KEYS = SUBJECT_KINDS
DAYS_OF_MONTH = (10, 20)
"""With which days known a month is forecast."""

_TEXT, _MONEY = "VARCHAR", "DECIMAL(38,15)"
COLUMNS = {
    "month": _TEXT,
    "day_of_month": "INTEGER",
    "subject_kind": _TEXT,
    "subject": _TEXT,
    "name": _TEXT,
    "spent_usd": _MONEY,
    "forecast_usd": _MONEY,
    "forecast_low_usd": _MONEY,
    "forecast_high_usd": _MONEY,
    "forecast_interval_share": _MONEY,
    "actual_usd": _MONEY,
    "error_usd": _MONEY,
    "error_share": _MONEY,
    "in_interval": "BOOLEAN",
    "overlaps": "BOOLEAN",
}
_ERROR = Decimal("0.000001")

Record = Mapping[str, Any]


def forecast_errors(
    folder: Path, viewer: Viewer, *, month: str, known_at: datetime, by: Sequence[str]
) -> Answer:
    """Return the rows of `report forecast`: per whole month up to `month`, day and subject.

    `by` is one kind of subject. What was neither used nor expected in a month has no row. Raises
    ReportError for other kinds, PublicationError when nothing of the month is published.
    """
    if len(by) != 1 or by[0] not in KEYS:
        raise ReportError(
            f"cannot report forecasts by {', '.join(by) or 'nothing'}:"
            f" choose one of {', '.join(KEYS)}"
        )
    state = require_manifest(folder)
    moment = moment_of(state, month)
    rows: list[dict[str, Any]] = []
    if months := _whole_months(state, moment):
        with reading_costs(folder, viewer, state, moment) as published:
            connection = published.connection
            if build(connection, "budgets.subjects", "budgets/every_subject", subject_kind=by[0]):
                build_costs(connection)
                rows = list(_rows(published, moment, months, known_at.replace(tzinfo=None)))
    return Answer(
        columns=tuple(COLUMNS),
        types=tuple(COLUMNS.values()),
        rows=[tuple(row[name] for name in COLUMNS) for row in rows],
    )


def _whole_months(state: Manifest, moment: Moment) -> tuple[date, date] | None:
    """Return the first days of the first and the last month up to a moment that are known whole."""
    begun = date.fromisoformat(min(state.days))
    first = begun if begun.day == 1 else month_days(str(begun)[:7])[1] + timedelta(days=1)
    last = moment.month_from.date()
    if moment.until < moment.month_to:
        last = (last - timedelta(days=1)).replace(day=1)
    return (first, last) if first <= last else None


def _rows(
    published: Published, moment: Moment, months: tuple[date, date], known_at: datetime
) -> Iterator[dict[str, Any]]:
    subjects = published.connection.execute(
        "select series_id, subject_kind, subject, name from budgets.subjects order by series_id"
    ).fetchall()
    begun, end = min(published.manifest.days), moment.month_to.date()
    known = known_costs(
        published, moment, end, len(subjects), known_at, since=date.fromisoformat(begun)
    )
    told = published.query(
        "budgets/told_months",
        first_month=months[0],
        last_month=months[1],
        days_of_month=list(DAYS_OF_MONTH),
    ).records()
    for _, of_trial in groupby(told, key=lambda row: (row["month_from"], row["day_of_month"])):
        for record, (low, likely, high) in _told(known, list(of_trial)):
            _, kind, subject, name = subjects[record["series_id"]]
            if record["actual_usd"] or likely:
                who = {"subject_kind": kind, "subject": subject, "name": name}
                yield who | {"overlaps": kind == "group"} | _row(record, low, likely, high)


def _told(
    known: Known, trial: Sequence[Record]
) -> Iterator[tuple[Record, tuple[Decimal, Decimal, Decimal]]]:
    """Yield each row of one month and day with the low end, the middle and the high end."""
    record = trial[0]
    days = (record["month_from"] - known.first_day).days + record["day_of_month"]
    ahead = (record["month_to"] - record["month_from"]).days - record["day_of_month"]
    everyone = np.arange(len(trial))
    outlook = forecast(
        known.past(days, ahead, everyone, np.zeros(len(trial), dtype=np.int64)), np.ones(ahead)
    )
    for row, *rest in zip(trial, outlook.low, outlook.rest, outlook.high, strict=True):
        low, likely, high = (cents(row["spent_usd"] + Decimal(float(part))) for part in rest)
        yield row, (low, likely, high)


def _row(record: Record, low: Decimal, likely: Decimal, high: Decimal) -> dict[str, Any]:
    actual = record["actual_usd"]
    return {
        "month": f"{record['month_from']:%Y-%m}",
        "day_of_month": record["day_of_month"],
        "spent_usd": record["spent_usd"],
        "forecast_usd": likely,
        "forecast_low_usd": low,
        "forecast_high_usd": high,
        "forecast_interval_share": INTERVAL_SHARE,
        "actual_usd": actual,
        "error_usd": likely - actual,
        "error_share": ((likely - actual) / actual).quantize(_ERROR) if actual else None,
        # The ends are known to the cent.
        "in_interval": low <= cents(actual) <= high,
    }
