"""The bridge page: from list cost to the CCU invoice, in one sentence, a walk and a table."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from dashboard.blocks import Cell, Facts, Line, Table, show
from dashboard.charts import waterfall
from dashboard.downloads import downloads
from dashboard.figures import UNKNOWN, exact_text, moment_text, money_text, month_text
from dashboard.place import Place
from dashboard.reader import Source, read_month_bridge
from models.bridge import Bridge
from models.money import exact
from models.reconciliation import explained, report_of, sentence_of, state_of

_BESIDE = ("bound", "memo")
_TOTALS = ("subtotal", "total")
_COLUMNS = ["Line", "Amount", "Running total", "Low", "High", "Reason"]
_NUMBERS = [1, 2, 3, 4]
_LEGEND = (
    "Amounts are USD before tax, exact to 15 decimals, rounded only for display; days are UTC."
    " Lines with low and high alone are causes whose amount nobody knows: so far may the bill be"
    " from what is expected because of them. The residual is what no line has; it is spread"
    " nowhere."
)


def bridge_page(source: Source, place: Place) -> None:
    """Draw the bridge of a month. Raises ReportError for a viewer the invoice is not for."""
    bridge = read_month_bridge(source, place.month)
    lines = explained(bridge, bridge.lines)
    show("top", Line("sentence", _sentence(place, bridge)), _facts(source, bridge))
    _chart(lines)
    show(
        "parts",
        Table(
            f"From list cost to the CCU invoice, {month_text(place.month)}",
            _COLUMNS,
            _NUMBERS,
            [_row(line) for line in lines],
            texts=[len(_COLUMNS) - 1],
        ),
        *(Line("note", [Cell(f"{topic.capitalize()}: {text}")]) for topic, text in _notes(bridge)),
        Line("note", [Cell(_LEGEND)]),
    )
    downloads(
        lambda: report_of(bridge),
        name=f"reconciliation-{place.month}",
        sheet=f"reconciliation {place.month}",
    )


def _sentence(place: Place, bridge: Bridge) -> list[Cell]:
    month, bill = month_text(place.month), bridge.bill
    if not bill.known_days:
        return [Cell(f"{month}: {sentence_of(bridge)}")]
    days = f" for {bill.known_days} of {bill.days} days" if bill.known_days < bill.days else ""
    return [
        Cell(f"{month} is "),
        Cell(state_of(bridge), is_strong=True),
        Cell(": the CCU invoice is "),
        _amount(bridge.amount("billed")),
        Cell(f"{days}, usage explains "),
        _amount(bridge.amount("expected")),
        Cell(", and "),
        _amount(bridge.unreconciled_usd),
        Cell(" is unreconciled."),
    ]


def _facts(source: Source, bridge: Bridge) -> Facts:
    bill, factor = bridge.bill, bridge.factor
    ratio = exact(factor.k) if factor else UNKNOWN
    return Facts(
        "row",
        [
            ("State", Cell(state_of(bridge), hint=sentence_of(bridge))),
            ("Days billed", Cell(f"{bill.known_days} of {bill.days}")),
            ("Days settled", Cell(f"{bill.settled_days} of {bill.days}")),
            ("Billed / expected", Cell(ratio, hint="over the days that can be compared")),
            ("Bill of", Cell(moment_text(bill.snapshot_at))),
            ("Data until", Cell(moment_text(source.manifest.data_until))),
            ("Published at", Cell(moment_text(source.manifest.published_at))),
        ],
    )


def _notes(bridge: Bridge) -> list[tuple[str, str]]:
    rows = report_of(bridge).records()
    return [(row["line"], row["reason"]) for row in rows if row["kind"] in {"note", "state"}]


def _chart(lines: Sequence[Mapping[str, Any]]) -> None:
    steps: dict[str, tuple[Decimal, bool]] = {}
    for line in lines:
        if line["kind"] in _BESIDE or line["amount_usd"] is None:
            continue
        before, _ = steps.get(line["line"], (Decimal(0), False))
        steps[line["line"]] = before + line["amount_usd"], line["kind"] in _TOTALS
    figure = waterfall([(_name(line), *step) for line, step in steps.items()])
    if figure is None:
        return
    title = "From list cost to the CCU invoice, USD"
    show("title bridge", Line("chart-title", [Cell(title, is_strong=True)]))
    st.plotly_chart(figure, key="chart bridge", config={"displayModeBar": False})


def _row(line: Mapping[str, Any]) -> list[Cell]:
    kind = line["kind"]
    has_range = kind in {"bound", "residual"}
    name = " ".join(text for text in (_name(line["line"]), line["model"]) if text)
    return [
        Cell(name, is_strong=kind in _TOTALS, is_quiet=kind in _BESIDE),
        Cell("") if kind == "bound" else _amount(line["amount_usd"], is_strong=kind in _TOTALS),
        Cell("") if line["running_usd"] is None else _amount(line["running_usd"], is_strong=False),
        _end(line["low_usd"]) if has_range else Cell(""),
        _end(line["high_usd"]) if has_range else Cell(""),
        Cell(line["reason"], is_quiet=True),
    ]


def _name(line: str) -> str:
    return line.replace("_", " ").capitalize()


def _end(amount: Decimal | None) -> Cell:
    return Cell("no limit", is_quiet=True) if amount is None else _amount(amount, is_strong=False)


def _amount(amount: Decimal | None, *, is_strong: bool = True) -> Cell:
    return Cell(money_text(amount), hint=exact_text(amount), is_strong=is_strong)
