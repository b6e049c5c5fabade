"""One request: every source row, directory row, price row and rule behind its figures."""

from collections.abc import Iterator, Mapping
from typing import Any

from dashboard.blocks import Cell, Facts, Line, show
from dashboard.breadcrumbs import breadcrumbs
from dashboard.figures import UNKNOWN, short_text
from dashboard.place import Place
from dashboard.reader import Source, read_request, read_view

_LONGEST_VALUE = 1_000


def request_page(source: Source, place: Place) -> None:
    """Draw the explanation of the request in the link. Raises ReportError when there is none."""
    if place.request is None:
        raise AssertionError("the request page was asked for without a request")
    explanations = read_request(source, place.request)
    crumbs = breadcrumbs(place, read_view(source, place.at(request=None)))
    several = f" {len(explanations)} requests carry this CorrelationId." if len(explanations) > 1 else ""
    intro = Line("sentence", [Cell(f"Everything behind this request's figures.{several}")])
    facts = [facts for explanation in explanations for facts in _sections(explanation)]
    show("request", crumbs, intro, *facts)


def _sections(explanation: Mapping[str, Any]) -> Iterator[Facts]:
    for title, content in explanation.items():
        yield Facts("list", list(_pairs(content)), title.replace("_", " "))


def _pairs(content: Any, before: str = "") -> Iterator[tuple[str, Cell]]:
    """Yield the leaves of nested data as names and values, in their order."""
    if isinstance(content, Mapping) and content:
        for name, value in content.items():
            yield from _pairs(value, f"{before} {name.replace('_', ' ')}".strip())
    elif isinstance(content, list) and content:
        for number, value in enumerate(content, start=1):
            yield from _pairs(value, f"{before} row {number}".strip())
    else:
        yield before or "in short", _value(content)


def _value(value: Any) -> Cell:
    if value is None:
        return Cell(UNKNOWN, is_quiet=True)
    if value in ("", [], {}):
        return Cell("none", is_quiet=True)
    return Cell(("yes" if value else "no") if isinstance(value, bool) else short_text(str(value), _LONGEST_VALUE))
