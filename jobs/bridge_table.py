"""The reconciliation report for people: a walk with running totals, and its state in a sentence."""

from decimal import Decimal
from typing import Any

from rich.markup import escape
from rich.table import Table

from jobs.screen import screen
from models.money import usd
from models.published import Answer

_TITLES = ("line", "amount", "running total", "CCU", "low", "high", "reason")
_APART = ("note", "state")


def show_bridge(answer: Answer, title: str) -> None:
    """Print the lines of a reconciliation, then its notes and its state."""
    records = answer.records()
    keys = [name for name in ("day", "resource_group") if any(record[name] for record in records)]
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for name in (*keys, *_TITLES):
        is_text = name in {*keys, "line", "reason"}
        table.add_column(
            name.replace("_", " "),
            justify="left" if is_text else "right",
            no_wrap=name != "reason",
            overflow="fold",
        )
    for record in records:
        if record["kind"] not in _APART:
            table.add_row(*(escape(str(record[key] or "")) for key in keys), *_cells(record))
    console = screen()
    console.print(table)
    for record in records:
        if record["kind"] == "note":
            console.print(f"[dim]{record['line']}:[/] {escape(record['reason'])}")
        elif record["kind"] == "state":
            console.print(f"\n[bold]{escape(record['state'])}[/]: {escape(record['reason'])}")


def _cells(record: dict[str, Any]) -> list[str]:
    kind, amount = record["kind"], record["amount_usd"]
    name = record["line"].replace("_", " ") + (f" {record['model']}" if record["model"] else "")
    look = "bold" if kind in {"subtotal", "total"} else "dim" if kind in {"bound", "memo"} else ""
    line = f"[{look}]{escape(name)}[/]" if look else escape(name)
    is_range = kind in {"bound", "residual"}
    return [
        line,
        "" if kind == "bound" else "unknown" if amount is None else usd(amount),
        "" if record["running_usd"] is None else usd(record["running_usd"]),
        "" if record["ccu"] is None else f"{record['ccu']:,.2f}",
        *(_end(record[name]) if is_range else "" for name in ("low_usd", "high_usd")),
        escape(record["reason"]),
    ]


def _end(amount: Decimal | None) -> str:
    return "no limit" if amount is None else usd(amount)
