"""A report's rows as a table on the screen, with what adds up in its last line."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from rich.markup import escape
from rich.table import Table

from jobs.screen import screen
from models.money import usd
from models.published import Answer
from models.rendering import is_share, plain

_TEXT_WIDTH = 60
_TEXTS = frozenset({"day", "label", "overlaps", "cost_status"})
_OLDEST = "oldest_unmatched_hours"
_RATIO = "ratio"


def show_table(
    answer: Answer, title: str, adding_up: Answer, *, shown: Collection[str], keys: Collection[str]
) -> None:
    """Print the columns `shown`, and in the last line what the rows of `adding_up` sum to.

    `keys` are columns of text, whatever their values.
    """
    table = Table(title=title, show_footer=True, box=None, pad_edge=False, title_justify="left")
    names = [name for name in answer.columns if name in {*keys, *shown}]
    for name in names:
        values = [record.get(name) for record in adding_up.records()]
        is_text = name in keys or name in _TEXTS
        is_summed = not (is_text or is_share(name) or name == _RATIO)
        table.add_column(
            name.replace("_usd", "").replace("_", " "),
            justify="left" if is_text else "right",
            no_wrap=True,
            footer=cell(name, _total(name, values)) if is_summed else "",
        )
    for record in answer.records():
        table.add_row(*(escape(cell(name, record[name])) for name in names))
    screen().print(table)


def _total(name: str, values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    if not known or (name == "cost_high_usd" and len(known) < len(values)):
        return None
    if name == _OLDEST:
        return max(known)
    return sum(known[1:], known[0])


def cell(name: str, value: Any) -> str:
    """Return a value as people read it; `name` is its column."""
    if value is None:
        return "unknown" if name.endswith("_usd") else ""
    if isinstance(value, Decimal):
        return _decimal(name, value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return _shortened(str(plain(value)))


def _decimal(name: str, value: Decimal) -> str:
    if name == _RATIO:
        return f"{value:.4%}"
    return f"{value:.0%}" if is_share(name) else usd(value)


def _shortened(text: str) -> str:
    return text if len(text) <= _TEXT_WIDTH else text[: _TEXT_WIDTH - 1] + "…"
