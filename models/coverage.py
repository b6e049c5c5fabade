"""The coverage report: how much of each day is known, and what still waits for its other half."""

from pathlib import Path

from models.errors import ReportError
from models.published import Answer, month_days, reading
from models.viewer import Viewer


def coverage(folder: Path, viewer: Viewer, *, month: str) -> Answer:
    """Return 1 row per usage day of a month (YYYY-MM), of the whole tenant.

    A request without a usage row, or usage without a gateway row, has an age: the time since its
    row became queryable, as of the publication. Raises ReportError for a viewer who may not see
    all units.
    """
    if not viewer.sees_everything:
        raise ReportError("coverage is about the whole tenant: ask for a report of your own scope")
    first_day, last_day = month_days(month)
    with reading(folder, viewer, first_day=first_day, last_day=last_day) as published:
        published_at = published.manifest.published_at.replace(tzinfo=None)
        return published.query("reports/coverage_by_day", published_at=published_at)
