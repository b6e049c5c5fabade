"""The reports about budgets and forecasts for people: columns, and what the figures are of."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.markup import escape
from rich.table import Table

from jobs.report_table import cell
from jobs.screen import screen
from models.budget_state import INTERVAL_SHARE
from models.published import Answer

_BUDGET_COLUMNS = (
    "budget", "period_from", "amount_usd", "spent_usd", "spent_share", "forecast_usd",
    "forecast_low_usd", "forecast_high_usd", "reached", "expected", "exhausted_on", "state", "note",
)  # fmt: skip
_FORECAST_COLUMNS = (
    "month", "day_of_month", "subject", "forecast_usd", "forecast_low_usd", "forecast_high_usd",
    "actual_usd", "error_usd", "error_share", "in_interval",
)  # fmt: skip
_TEXTS = {"budget", "period_from", "state", "note", "month", "subject"}
_INTERVAL = f"Low and high are an {INTERVAL_SHARE:.0%} interval."
_BUDGET_NOTE = (
    "Spent is the contracted cost, list cost after discounts, with calibrated costs; the invoice"
    f" comes later. {_INTERVAL} Groups overlap."
)
_NO_BUDGET = (
    "No budget was in force: write budgets.csv into TOLLBOOK_SEEDS_DIR, then `tollbook run build`."
)
_FORECAST_NOTE = (
    "What would have been forecast with so many days of the month known, tried on what is published"
    f" now. {_INTERVAL}"
)


def show_budgets(answer: Answer, title: str) -> None:
    """Print a line for each budget, and what counts as spent."""
    records = [_budget(record) for record in answer.records()]
    _show(title, _BUDGET_COLUMNS, records, _BUDGET_NOTE if records else _NO_BUDGET)


def show_forecasts(answer: Answer, title: str) -> None:
    """Print a line for each forecast, and below how far they all were off."""
    records = answer.records()
    lines = [record | {"subject": _whose(record)} for record in records]
    _show(title, _FORECAST_COLUMNS, lines, " ".join([*_errors(records), _FORECAST_NOTE]))


def _show(title: str, names: Sequence[str], records: Sequence[dict[str, Any]], note: str) -> None:
    table = Table(title=title, box=None, pad_edge=False, title_justify="left")
    for name in names:
        table.add_column(
            name.replace("_usd", "").replace("_", " "),
            justify="left" if name in _TEXTS else "right",
            no_wrap=name != "note",
        )
    for record in records:
        # A note is wrapped, where other texts are cut.
        table.add_row(
            *(
                escape((record[name] or "") if name == "note" else cell(name, record[name]))
                for name in names
            )
        )
    console = screen()
    console.print(table)
    console.print(f"[dim]{escape(note)}[/]")


def _budget(record: dict[str, Any]) -> dict[str, Any]:
    budget = f"{record['subject_kind']} {_whose(record)}".strip()
    if record["fiscal_period"]:
        budget = f"{budget}, {record['fiscal_period']}"
    return record | {
        "budget": budget,
        "reached": _shares(record["thresholds_reached"]),
        "expected": _shares(record["thresholds_expected"]),
    }


def _whose(record: dict[str, Any]) -> str:
    return str(record["name"] or record["subject"])


def _shares(shares: Sequence[Decimal] | None) -> str:
    return ", ".join(f"{share:.0%}" for share in shares or ())


def _errors(records: Sequence[dict[str, Any]]) -> list[str]:
    """Say of each day of the month how far all forecasts together were off."""
    said = []
    for day in sorted({record["day_of_month"] for record in records}):
        of_day = [record for record in records if record["day_of_month"] == day]
        actual = sum(record["actual_usd"] for record in of_day)
        wrong = sum(abs(record["error_usd"]) for record in of_day)
        held = sum(record["in_interval"] for record in of_day)
        share = f"{wrong / actual:.1%} off" if actual else "nothing was used"
        said.append(f"Day {day}: {share}, {held} of {len(of_day)} in the interval.")
    return said
