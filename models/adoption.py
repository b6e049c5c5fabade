"""The adoption report: who may use Claude, who does, who never has, and who should not."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from models.chargeback import without_columns
from models.errors import PublicationError, ReportError
from models.publication import Manifest, require_manifest
from models.published import FIRST_DAY, Answer, Published, month_days, reading
from models.viewer import Viewer
from models.warehouse import build

IDLE_DAYS = 30
"""Who is entitled, used Claude before and not in so many days up to the month's end is dormant."""

_STATEMENTS = {
    "unit": "by_unit",
    "week": "by_week",
    "unit,week": "by_week",
    "user": "by_user",
    "client": "by_client",
    "cohort": "by_cohort",
    "group": "by_group",
    "group,user": "not_arrived",
}
KEYS = tuple(_STATEMENTS)
"""By what adoption is told: other combinations would say nothing that these do not."""

_STEPS = ("entitled", "months", "first_uses", "days", "homes", "leavers", "people")


def adoption(
    folder: Path,
    viewer: Viewer,
    *,
    month: str,
    by: Sequence[str],
    rollout_groups: Sequence[str] = (),
) -> Answer:
    """Return the rows of `report adoption` for a month (YYYY-MM), by one of KEYS.

    `rollout_groups` are object ids; without any, the groups that Claude is assigned to. Raises
    ReportError for other keys, PublicationError when nothing of the month is published.
    """
    _statement(by)
    with adoption_of(folder, viewer, month=month, rollout_groups=rollout_groups) as published:
        return told_by(published, by)


@contextmanager
def adoption_of(
    folder: Path,
    viewer: Viewer,
    *,
    month: str,
    rollout_groups: Sequence[str] = (),
    manifest: Manifest | None = None,
) -> Iterator[Published]:
    """Open everything published up to a month's end, with the tables that `told_by` reads."""
    state = manifest or require_manifest(folder)
    if month not in state.months():
        month_days(month)
        raise PublicationError(
            f"nothing is published of {month}; published: {', '.join(state.months()) or 'no month'}"
        )
    variables = _times(state, month) | {
        "rollout_groups": sorted(oid.lower() for oid in rollout_groups)
    }
    last_day = month_days(month)[1]
    with reading(
        folder, viewer, first_day=FIRST_DAY, last_day=last_day, manifest=state
    ) as published:
        published.connection.execute("create schema adoption")
        for step in _STEPS:
            build(published.connection, f"adoption.{step}", **variables)
        yield published


def told_by(published: Published, by: Sequence[str]) -> Answer:
    """Return the rows by one of KEYS; by nothing, the sum of all units. See `adoption_of`."""
    if "group" in by:
        build(published.connection, "adoption.members")
    answer = published.query(_statement(by or ["unit"]), by_unit="unit" in by)
    return answer if "unit" in by or "user" in by else without_columns(answer, ["unit"])


def _statement(by: Sequence[str]) -> str:
    for keys, name in _STATEMENTS.items():
        if set(by) == set(keys.split(",")):
            return f"reports/adoption_{name}"
    raise ReportError(
        f"cannot report adoption by {', '.join(by) or 'nothing'}: choose from {'; '.join(KEYS)}"
    )


def _times(state: Manifest, month: str) -> dict[str, Any]:
    """Return from when to when the month is, as far as it is known yet, in naive UTC."""
    first_day, last_day = month_days(month)
    begins, ends = (
        datetime.combine(day, datetime.min.time())
        for day in (first_day, last_day + timedelta(days=1))
    )
    published_at = state.published_at.replace(tzinfo=None)
    until = min(ends, published_at) if published_at > begins else ends
    last_known_day = (until - timedelta(microseconds=1)).date()
    return {
        "month_from": begins,
        "month_to": until,
        "idle_since": last_known_day - timedelta(days=IDLE_DAYS),
    }
