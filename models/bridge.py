"""The bridge from list cost to the invoice: its lines, its factor, how far the bill is known."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from models.bill_state import BillState
from models.discount_factor import Factor, FactorDay, solve
from models.errors import ReportError
from models.publication import Manifest
from models.published import Answer, Published, month_days, reading
from models.viewer import Viewer
from models.warehouse import build

KEYS = ("day", "resource_group")
"""What the lines can be split by; the invoice knows no user and no model."""

_BESIDE = ("bound", "memo")
# How late rows of the log may be before their day counts as complete.
_LATE_ROWS = timedelta(hours=6)
_FACTS = ("kinds", "usage", "hours", "days")
_LINES = ("mismatches", "steps", "bounds", "memos")


@dataclass(frozen=True)
class Bridge:
    """A month's walk from list cost to the CCU invoice.

    `lines` are of the whole month, `split` has the same by the keys asked for; both as
    `sql/reports/reconciliation.sql` orders them. `unknown_charges` are those without USD, by
    currency.
    """

    month: str
    bill: BillState
    factor: Factor | None
    lines: Sequence[Mapping[str, Any]]
    split: Answer
    unknown_charges: Sequence[Mapping[str, Any]]

    def amount(self, line: str) -> Decimal | None:
        """Return a line's USD in the month: 0 where the walk lacks it, None where it is unknown."""
        amounts = [
            row["amount_usd"]
            for row in self.lines
            if row["line"] == line and row["kind"] not in _BESIDE
        ]
        return None if None in amounts else sum(amounts, Decimal(0))

    @property
    def unreconciled_usd(self) -> Decimal | None:
        """What keeps a month open if it is too much: a wrong rate is named, and still wrong."""
        residual, mismatch = self.amount("residual"), self.amount("discount_mismatch")
        return None if residual is None or mismatch is None else residual + mismatch

    @property
    def is_over_limit(self) -> bool:
        """Tell whether too much is unreconciled, on the days that can be compared."""
        billed, rest = self.amount("billed"), self.unreconciled_usd
        if billed is None or rest is None or not self.bill.known_days:
            return False
        return abs(rest) > self.bill.limit_usd(billed)


def read_bridge(
    folder: Path,
    viewer: Viewer,
    *,
    month: str,
    by: Sequence[str] = (),
    manifest: Manifest | None = None,
) -> Bridge:
    """Return the bridge of a month (YYYY-MM), split by some of KEYS.

    Raises ReportError for another key, and for a viewer who may not see all units: no part of an
    invoice is somebody's own.
    """
    if not viewer.sees_everything:
        raise ReportError(
            "the invoice is about the whole tenant: ask for a report of your own scope"
        )
    unknown = [key for key in by if key not in KEYS]
    if unknown:
        raise ReportError(
            f"cannot reconcile by {', '.join(unknown)}: choose from {', '.join(KEYS)}"
        )
    first_day, last_day = month_days(month)
    with reading(
        folder, viewer, first_day=first_day, last_day=last_day, manifest=manifest
    ) as published:
        factor = _prepare(published)
        facts = published.query("reports/bill_state").records()[0]
        return Bridge(
            month=month,
            bill=BillState(first_day, last_day, published.manifest.published_at, **facts),
            factor=factor,
            lines=_lines(published, ()).records(),
            split=_lines(published, by),
            unknown_charges=published.query("reports/unknown_charges").records(),
        )


def _prepare(published: Published) -> Factor | None:
    """Derive the bridge's tables; the factor is solved for in between."""
    connection = published.connection
    connection.execute("create schema bridge")
    bounds = _log_bounds(published.manifest)
    for table in _FACTS:
        build(connection, f"bridge.{table}", **bounds)
    factor = solve(_factor_days(published))
    wrong = factor if factor and factor.is_mismatch else None
    variables: dict[str, Any] = {
        "factor_less_one": wrong.k - 1 if wrong else Decimal(0),
        "factor_model": wrong.model if wrong else None,
    }
    for table in _LINES:
        build(connection, f"bridge.{table}", **variables)
    return factor


def _log_bounds(manifest: Manifest) -> dict[str, Any]:
    """Return the first day of the log, and the first that may still lack rows."""
    until = (manifest.data_until or manifest.published_at) - _LATE_ROWS
    return {"log_from": date.fromisoformat(min(manifest.days)), "log_until": until.date()}


def _factor_days(published: Published) -> list[FactorDay]:
    by_day: dict[date, list[dict[str, Any]]] = defaultdict(list)
    for row in published.query("bridge/factor_days").records():
        by_day[row["usage_day"]].append(row)
    return [
        FactorDay(
            expected_usd=rows[0]["expected_usd"],
            billed_usd=rows[0]["billed_usd"],
            rounding_usd=rows[0]["rounding_usd"],
            by_model={row["model"]: row["model_expected_usd"] for row in rows if row["model"]},
        )
        for rows in by_day.values()
    ]


def _lines(published: Published, by: Sequence[str]) -> Answer:
    return published.query("reports/reconciliation", **{f"by_{key}": key in by for key in KEYS})
