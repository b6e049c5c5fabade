"""Findings about shared costs: what was billed beside Claude and is split over nobody."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time
from itertools import groupby
from typing import Any

from models.finding import DoctorFinding, warn
from models.money import usd
from models.published import Published

_SHOWN = 3


def allocation_findings(published: Published) -> Iterator[DoctorFinding]:
    """Yield a finding per reason for which charges of the days read are not split."""
    rows = published.query("doctor/shared_costs").records()
    for state, found in groupby(rows, key=lambda row: str(row["state"])):
        yield _finding(state, list(found))


def _finding(state: str, rows: Sequence[Mapping[str, Any]]) -> DoctorFinding:
    named = ", ".join(f"{row['subject']} ({_amount(row)})" for row in rows[:_SHOWN])
    named += f", and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    seen = {
        "since": _midnight(min(row["since"] for row in rows)),
        "last": _midnight(max(row["last"] for row in rows)),
    }
    if state == "no rule":
        return warn(
            "invoice", "meter_without_rule",
            f"no rule says whether these meters are a shared cost: {named}",
            "add a line to shared_costs.csv for each, without a shared_cost if it is not yours",
            **seen,
        )  # fmt: skip
    if state == "no policy":
        return warn(
            "invoice", "shared_cost_without_policy", f"no policy says how to split {named}",
            "add a line to allocation_policies.csv for it", **seen,
        )  # fmt: skip
    return warn(
        "invoice", "shared_cost_currency", f"no USD are known of {named}",
        "add a line to exchange_rates.csv for the currency", **seen,
    )  # fmt: skip


def _amount(row: Mapping[str, Any]) -> str:
    if row["amount_usd"] is None:
        return f"{row['billing_amount']:.2f} {row['billing_currency']}"
    return usd(row["amount_usd"])


def _midnight(day: Any) -> datetime:
    return datetime.combine(day, time(), UTC)
