"""The first line of the page: the cost of a place in one sentence, with its bounds."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dashboard.blocks import Cell
from dashboard.figures import exact_text, money_text
from dashboard.place import Place


def headline(place: Place, where: str, total: Mapping[str, Any]) -> list[Cell]:
    """Return the sentence about a place, which `where` names; `total` is its sum."""
    who = " and ".join(
        _plural(total[kind], one)
        for kind, one in (("people", "person"), ("applications", "application"))
        if total[kind]
    )
    if total["people"] + total["applications"] > 1 and not place.unit:
        who += f" in {_plural(total['units'], 'unit')}"
    by = f" by {who}" if who and not place.oid else ""
    return [
        Cell(f"{where}: "),
        _amount(total["list_cost_usd"]),
        Cell(f" at list price for {_plural(total['requests'], 'request')}{by}"),
        *_bounds(total),
    ]


def _bounds(total: Mapping[str, Any]) -> list[Cell]:
    if total["list_cost_usd"] is None:
        return [Cell("; no source shows what they cost, so it is unknown, not zero.")]
    if not total["not_complete"] and total["measured_share"] == 1:
        return [Cell(".")]
    why = _why(total["measured_share"])
    if total["cost_high_usd"] is None:
        return [
            Cell(f"; {why}, so the true list cost is at least "),
            _amount(total["cost_low_usd"]),
            Cell(", and nothing limits it from above."),
        ]
    without = total["without_upper_bound"]
    rest = (
        f", plus an unknown amount for {_plural(without, 'request')} that nothing limits"
        if without
        else ""
    )
    return [
        Cell(f"; {why}, so the true list cost lies between "),
        _amount(total["cost_low_usd"]),
        Cell(" and "),
        _amount(total["cost_high_usd"]),
        Cell(f"{rest}."),
    ]


def _why(measured_share: Decimal | None) -> str:
    if measured_share is None or measured_share == 1:
        return "cache tokens are not in any gateway log"
    if not measured_share:
        return "it is estimated, and scaled to Foundry's own counts"
    percent = f"{100 * measured_share:.0f} %"
    rest = "the rest estimated for each request and scaled to Foundry's own counts"
    return f"{percent} of it is measured, {rest}"


def _amount(amount: Any) -> Cell:
    return Cell(money_text(amount), hint=exact_text(amount), is_strong=True)


def _plural(count: int, one: str) -> str:
    many = "people" if one == "person" else f"{one}s"
    return f"{count:,} {one if count == 1 else many}"
