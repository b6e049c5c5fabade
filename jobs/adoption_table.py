"""The adoption report for people: its columns, and sums below those that may be summed."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.markup import escape
from rich.table import Table

from jobs.screen import screen
from models.money import usd
from models.published import Answer
from models.rendering import is_share, plain

_LEFT_OUT = ("oid", "group_oid")
_TEXTS = {
    "unit", "week", "name", "kind", "state", "entitled_by", "client", "client_version", "cohort",
    "month", "group", "left_at", "first_use", "last_use", "first_arrival", "last_arrival",
    "account_enabled",
}  # fmt: skip

# Whoever was there in two weeks, with two clients or in two groups is counted in both rows.
_USE = ("requests", "list_cost_usd")
_SUMMED = {
    "unit": (
        "entitled", "active", "never_used", "dormant", "active_without_assignment",
        "after_leaving", *_USE,
    ),
    "week": ("first_time", *_USE),
    "user": _USE,
    "client": _USE,
}  # fmt: skip
_NOTE = (
    "People count in the unit they were in at the end of the month; applications only by user."
    " Empty where no assignment was ever read."
)


def show_adoption(answer: Answer, by: Sequence[str], title: str) -> None:
    """Print the rows, a last line of totals, and what the figures are of."""
    records = answer.records()
    kind = "week" if "week" in by else "" if "group" in by else by[0]
    total = _total(records, _SUMMED.get(kind, ()), is_whole=kind == "unit")
    table = Table(
        title=title, show_footer=bool(total), box=None, pad_edge=False, title_justify="left"
    )
    for name in answer.columns:
        if name not in _LEFT_OUT:
            table.add_column(
                name.replace("_usd", "").replace("_", " "),
                justify="left" if name in _TEXTS else "right",
                footer=_cell(name, total[name]) if name in total else "",
            )
    for record in records:
        table.add_row(
            *(
                escape(_cell(name, value or record.get("oid") if name == "name" else value))
                for name, value in record.items()
                if name not in _LEFT_OUT
            )
        )
    console = screen()
    console.print(table)
    console.print(f"[dim]{_NOTE}[/]")


def _total(
    records: Sequence[dict[str, Any]], summed: Sequence[str], *, is_whole: bool
) -> dict[str, Any]:
    """Return the sums of some columns, and of a whole month what follows from them."""
    total: dict[str, Any] = {}
    for name in summed:
        known = [record[name] for record in records if record[name] is not None]
        total[name] = sum(known[1:], known[0]) if known else None
    if not is_whole:
        return total
    entitled, active, cost = (total[name] for name in ("entitled", "active", "list_cost_usd"))
    if entitled:
        total["active_share"] = Decimal(active - total["active_without_assignment"]) / entitled
    if active and cost is not None:
        total["cost_per_active_usd"] = cost / active
    return total


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "unknown" if name == "list_cost_usd" else ""
    if is_share(name):
        return f"{value:.0%}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return usd(value)
    return f"{value:,}" if isinstance(value, int) else str(plain(value))
