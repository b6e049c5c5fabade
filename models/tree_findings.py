"""Findings about what rolls up: nothing may be part of itself."""

from collections.abc import Iterator

from models.finding import DoctorFinding, warn
from models.published import Published
from models.roll_up import grow


def tree_findings(published: Published) -> Iterator[DoctorFinding]:
    """Yield what runs in circles on the days that are open, among units and among managers."""
    grow(published.connection, "unit")
    for circle in published.query("roll_up/units_in_circles").records():
        yield warn(
            "units", "unit_circle",
            f"units are part of themselves from {circle['first_day']} to {circle['last_day']}:"
            f" {circle['units']}; roll-ups take the one that was known first for the top",
            "correct parent_unit in units.csv",
        )  # fmt: skip
    grow(published.connection, "manager")
    people = published.query("roll_up/people_in_circles").rows[0][0]
    if people:
        yield warn(
            "directory", "manager_circle",
            f"{people:,} people report to themselves, directly or over others; roll-ups take one of"
            " each circle for the top",
            "correct the managers in Entra",
            count=people,
        )  # fmt: skip
