"""The way back up from a place, and the names of its steps."""

from dashboard.blocks import Cell, Line
from dashboard.figures import LONGEST_TEXT, month_text, short_text
from dashboard.place import WITHOUT_LABEL, Place
from dashboard.reader import View


def breadcrumbs(place: Place, view: View | None) -> Line:
    """Return the steps from the month down to the place, each a link but the last.

    The month alone is no way back, so there the line is empty.
    """
    month = Place(place.month)
    steps = [(month_text(place.month), month)]
    if place.unit:
        steps.append((unit_name(place, view), month.at(unit=place.unit)))
    if place.label:
        name = "without a label" if place.label == WITHOUT_LABEL else place.label
        steps.append((name, month.at(unit=place.unit, label=place.label)))
    if place.oid:
        steps.append((caller_name(place, view), place.at(day=None, request=None)))
    if place.day:
        steps.append((place.day, place.at(request=None)))
    if place.request:
        steps.append((short_text(place.request), place))
    last = len(steps) - 1
    if last == 0:
        return Line("crumbs", [])
    return Line(
        "crumbs",
        [
            Cell(name, link=None if index == last else there.link, is_strong=index == last)
            for index, (name, there) in enumerate(steps)
        ],
    )


def unit_name(place: Place, view: View | None) -> str:
    """Name the unit of a place, which may be one the publication does not know."""
    return short_text((view and view.unit) or place.unit or "", LONGEST_TEXT)


def caller_name(place: Place, view: View | None) -> str:
    """Name the caller of a place: as the directory does, else by object id."""
    known = view.caller if view else None
    return short_text((known and known["name"]) or place.oid or "", LONGEST_TEXT)
