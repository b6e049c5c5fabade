"""One request: every source row, directory row, price row and rule behind its figures."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from dashboard.blocks import Cell, Facts, Line, show
from dashboard.breadcrumbs import breadcrumbs
from dashboard.figures import UNKNOWN, exact_text, money_text, short_text
from dashboard.place import Place
from dashboard.reader import Source, read_request, read_view
from models.explain import is_unknown

_LONGEST_VALUE = 1_000
_TITLES = {"gateway_row": "Gateway row", "llm_rows": "LLM rows"}


def request_page(source: Source, place: Place) -> None:
    """Draw the explanation of the request in the link. Raises ReportError when there is none."""
    if place.request is None:
        raise AssertionError("the request page was asked for without a request")
    explanations = read_request(source, place, place.request)
    crumbs = breadcrumbs(place, read_view(source, place.at(request=None)))
    blocks: list[Line | Facts] = []
    for explanation in explanations:
        blocks += [Line("sentence", _sentence(explanation)), *_sections(explanation)]
    # The place of the chargeback page's own first blocks: the way back up does not flicker.
    show("top", crumbs, *blocks)


def _sentence(explanation: Mapping[str, Any]) -> list[Cell]:
    charge = explanation.get("charge")
    if charge is None:
        return [Cell(f"This request is booked as {explanation['booked']}.")]
    cost, low, high = (
        charge[name] and Decimal(charge[name])
        for name in ("list_cost_usd", "cost_low_usd", "cost_high_usd")
    )
    if cost is None:
        return [Cell(f"What this request cost is unknown, not zero: {charge['label_rule']}.")]
    limit = (
        f"between {money_text(low)} and {money_text(high)}"
        if high
        else f"at least {money_text(low)}"
    )
    sentence = [
        Cell("This request: "),
        Cell(money_text(cost), hint=exact_text(cost), is_strong=True),
        Cell(" at list price"),
    ]
    if charge["cost_status"] == "complete" and charge["cache_evidence"] == "measured":
        return [*sentence, Cell(".")]
    if charge["cache_evidence"] == "unknown":
        told = "for what the log shows; with the tokens it does not show, the true list cost is"
        return [*sentence, Cell(f" {told} {limit}.")]
    return [
        *sentence,
        Cell(f"; its cache tokens are {charge['cache_evidence']}, so it is {limit}."),
    ]


def _sections(explanation: Mapping[str, Any]) -> Iterator[Facts]:
    for title, content in explanation.items():
        yield Facts("list", list(_pairs(content)), _TITLES.get(title, title.capitalize()))


def _pairs(content: Any, before: str = "") -> Iterator[tuple[str, Cell]]:
    """Yield the leaves of nested data as names and values, in their order."""
    if isinstance(content, Mapping) and content:
        for name, value in content.items():
            yield from _pairs(value, f"{before} {name.replace('_', ' ')}".strip())
    elif isinstance(content, list) and content:
        for number, value in enumerate(content, start=1):
            yield from _pairs(value, f"{before} row {number}".strip())
    else:
        yield before or "in short", _value(before.replace(" ", "_"), content)


def _value(name: str, value: Any) -> Cell:
    if is_unknown(name, value):
        return Cell(UNKNOWN, is_quiet=True)
    if value in (None, "", [], {}):
        return Cell("none", is_quiet=True)
    return Cell(
        ("yes" if value else "no")
        if isinstance(value, bool)
        else short_text(str(value), _LONGEST_VALUE)
    )
