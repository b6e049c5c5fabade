"""Unit economics and replays for people: the columns that matter, and what figures do not say."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.markup import escape
from rich.table import Table

from jobs.report_table import cell, show_table
from jobs.screen import screen
from models.economics import GENERATIONS_NOTE, mixes_tokenizers
from models.published import Answer

_KEYS = ("unit", "model", "client", "label")
_SUMMED = ("requests", "list_cost_usd", "cache_saved_usd", "expired_cache_cost_usd")
_USE = (
    "active_users", "requests", "list_cost_usd", "cost_per_active_user_usd", "cost_per_request_usd",
)  # fmt: skip
_CACHE = ("cache_read_share", "cache_saved_usd", "expired_cache_cost_usd")
_BEFORE = ("list_cost_change_usd", "cost_per_request_change_usd")
_BY_MODEL = (
    "tokens_per_request", "input_per_million_usd", "output_per_million_usd",
    "cache_read_per_million_usd",
)  # fmt: skip
_ONE = ("sessions", "cost_per_session_usd")
_NOTE = (
    "Costs per user, request, session and million tokens are contracted costs; the others are at"
    " list price. What expired caches cost is an estimate, for requests that tell their session."
)
_REPLAY = ("requests", "list_cost_usd", "replayed_cost_usd", "difference_usd")
_RANGE = ("replayed_low_usd", "replayed_high_usd")
_REPLAY_NOTES = {
    "no_price": "no_price: the model had no price for these at that time, speed and zone.",
    "unknown_cost": "unknown_cost: no usage, or no price of their own, so nothing to compare.",
}


def show_economics(answer: Answer, by: Sequence[str], title: str) -> None:
    """Print the rows, sums of what may be summed, and what has to be known to compare them."""
    records = answer.records()
    has_before = any(record["previous_days"] for record in records)
    shown = (*_USE, *(_BY_MODEL if "model" in by else _ONE), *_CACHE, *(_BEFORE * has_before))
    names = [name for name in answer.columns if name in {*_KEYS, *shown}]
    table = Table(title=title, show_footer=True, box=None, pad_edge=False, title_justify="left")
    for name in names:
        table.add_column(
            name.replace("_usd", "").replace("_", " "),
            justify="left" if name in _KEYS else "right",
            no_wrap=name in _KEYS,
            footer=_cell(name, _sum(records, name)) if name in _SUMMED else "",
        )
    for record in records:
        table.add_row(*(escape(_cell(name, record[name])) for name in names))
    screen().print(table)
    _say(_NOTE, *_of_days(records, is_compared=has_before))
    if mixes_tokenizers(answer):
        _say(GENERATIONS_NOTE)


def show_replay(answer: Answer, title: str) -> None:
    """Print what requests cost and would have cost at list price, summed where both are known."""
    records = answer.records()
    factors = {record["token_factor"] for record in records if record["status"] == "replayed"}
    is_ranged = bool(factors - {Decimal(1)})
    rows = [row for row, record in zip(answer.rows, records, strict=True) if _is_replayed(record)]
    replayed = Answer(answer.columns, answer.types, rows)
    shown = (*_REPLAY, *(_RANGE * is_ranged))
    show_table(answer, title, replayed, shown=shown, keys=("model", "status"))
    missing = {record["status"] for record in records}
    _say(
        "List prices only, of the same requests with the same answers; the last line sums what was"
        " replayed.",
        *(note for status, note in _REPLAY_NOTES.items() if status in missing),
    )
    if is_ranged:
        _say(GENERATIONS_NOTE, "Low and high: without and with that difference.")


def _is_replayed(record: dict[str, Any]) -> bool:
    return bool(record["status"] == "replayed")


def _of_days(records: Sequence[dict[str, Any]], *, is_compared: bool) -> list[str]:
    if not is_compared:
        return ["Nothing is published of the month before."]
    (days, before), *_ = {(record["days"], record["previous_days"]) for record in records}
    return [f"Changes are against the month before: {days} days here, {before} there."]


def _sum(records: Sequence[dict[str, Any]], name: str) -> Any:
    known = [record[name] for record in records if record[name] is not None]
    return sum(known[1:], known[0]) if known else None


def _cell(name: str, value: Any) -> str:
    if name == "tokens_per_request":
        return "" if value is None else f"{value:,.0f}"
    # A figure that does not exist for a row is left out; a cost that nobody knows says so.
    return "" if value is None and name != "list_cost_usd" else cell(name, value)


def _say(*sentences: str) -> None:
    screen().print(f"[dim]{' '.join(sentences)}[/]")
