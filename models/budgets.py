"""The budget report: what was spent of each budget, what its period will come to, and when it ends.

What counts is the contracted cost, list cost after discounts: the invoice comes later. Calibrated
costs are in it; requests without a price are not, and a note says how many there are.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
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
from models.budget_state import BUDGET_COLUMNS, Expected, budget_row
from models.day_shape import Ints
from models.errors import ReportError
from models.forecast import Outlook, forecast
from models.publication import Manifest, require_manifest
from models.published import Answer, Published
from models.viewer import Viewer
from models.warehouse import build

KEYS = SUBJECT_KINDS

Record = Mapping[str, Any]


def budgets(
    folder: Path,
    viewer: Viewer,
    *,
    month: str,
    known_at: datetime,
    by: Sequence[str] = (),
    manifest: Manifest | None = None,
) -> Answer:
    """Return the rows of `report budget` for a month (YYYY-MM): one for each budget in force in it.

    `by` are kinds of subjects, none for all; `known_at` is the time whose knowledge of budgets,
    periods and calendars counts. Raises ReportError for other kinds, PublicationError when nothing
    of the month is published.
    """
    rows = budget_rows(folder, viewer, month=month, known_at=known_at, by=by, manifest=manifest)
    return Answer(
        columns=tuple(BUDGET_COLUMNS),
        types=tuple(BUDGET_COLUMNS.values()),
        rows=[tuple(row[name] for name in BUDGET_COLUMNS) for row in rows],
    )


def budget_rows(
    folder: Path,
    viewer: Viewer,
    *,
    month: str,
    known_at: datetime,
    by: Sequence[str] = (),
    manifest: Manifest | None = None,
) -> list[dict[str, Any]]:
    """Return the rows of `budgets`, each with the `caller_id` of a user's budget beside."""
    unknown = sorted(set(by) - set(KEYS))
    if unknown:
        raise ReportError(
            f"cannot report budgets by {', '.join(unknown)}: choose from {', '.join(KEYS)}"
        )
    state = manifest or require_manifest(folder)
    moment = moment_of(state, month)
    at = known_at.replace(tzinfo=None)
    with reading_costs(folder, viewer, state, moment) as published:
        records = _spent(published, moment, by or KEYS, at)
        if not records:
            return []
        expected = _expected(published, moment, records, at)
    return [
        budget_row(record, moment.until, expected.get(record["series_id"])) for record in records
    ]


def _spent(
    published: Published, moment: Moment, kinds: Sequence[str], known_at: datetime
) -> list[dict[str, Any]]:
    """Return each budget in force with what was spent of it."""
    found = build(
        published.connection,
        "budgets.in_force",
        subject_kinds=list(kinds),
        known_at=known_at,
        month_from=moment.month_from,
        month_to=moment.month_to,
        until=moment.until,
        last_day_in=moment.last_day,
    )
    if not found:
        return []
    build(published.connection, "budgets.subjects")
    build_costs(published.connection)
    return published.query("budgets/spent").records()


def _expected(
    published: Published, moment: Moment, records: Sequence[Record], known_at: datetime
) -> dict[int, Expected]:
    """Return what is expected, by series; of what has no period nothing is."""
    ends = {record["series_id"]: record["period_to"] for record in records if record["period_to"]}
    last = max([*ends.values(), moment.whole_days_end])
    known = known_costs(published, moment, last, len(records), known_at)
    kind = np.array([KEYS.index(record["subject_kind"]) for record in records], dtype=np.int64)
    first_day, expected = moment.whole_days_end, dict[int, Expected]()
    for end in sorted(set(ends.values())):
        chosen = np.array([series for series, its in ends.items() if its == end], dtype=np.int64)
        outlook = _outlook(known, moment, end, chosen, kind)
        expected |= {
            int(series): Expected(
                first_day=first_day,
                daily=outlook.daily[:, place],
                low=float(outlook.low[place]),
                high=float(outlook.high[place]),
            )
            for place, series in enumerate(chosen)
        }
    return expected


def _outlook(known: Known, moment: Moment, end: date, chosen: Ints, kind: Ints) -> Outlook:
    ahead = moment.ahead(end)
    return forecast(known.past(len(known.costs), len(ahead), chosen, kind), ahead)
