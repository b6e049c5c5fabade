"""Showback: who would owe what if costs were charged, beside who carries them while they are not.

A tenant that runs in showback mode shows figures and posts none: the central unit pays the whole
invoice. Had it charged, each unit would owe what it used and its part of the shared costs; what has
no unit (usage of nobody known, what the invoice has beyond) would stay with the central unit.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from models.chargeback import chargeback
from models.publication import require_manifest
from models.published import Answer, month_days
from models.viewer import Viewer

_MONEY = "DECIMAL(38,15)"
COLUMNS = {
    "unit": "VARCHAR",
    "is_central": "BOOLEAN",
    "requests": "BIGINT",
    "basis": "VARCHAR",
    "usage_usd": _MONEY,
    "shared_cost_usd": _MONEY,
    "would_owe_usd": _MONEY,
    "carries_usd": _MONEY,
    "difference_usd": _MONEY,
    "previous_usd": _MONEY,
    "change_usd": _MONEY,
}
_ZERO = Decimal(0)
_NO_UNITS: frozenset[str] = frozenset()


@dataclass
class _Debt:
    requests: int = 0
    usage: Decimal = _ZERO
    shared: Decimal = _ZERO


@dataclass(frozen=True)
class _Month:
    """What every unit would owe; `basis` is billed where the whole bill is known."""

    basis: str
    debts: Mapping[str, _Debt] = field(default_factory=dict)


def showback(
    folder: Path, viewer: Viewer, *, month: str, central_unit: str, is_charging: bool
) -> Answer:
    """Return 1 row per unit of a month (YYYY-MM): what it would owe, and what it carries today.

    Both add up to the same total. Amounts are billed costs where the month's whole bill is known,
    else contracted costs. `is_charging` says that units are charged already, so that they carry
    what they would owe.
    """
    now = _read(folder, viewer, month, central_unit)
    before = _previous(folder, viewer, month, central_unit)
    total = sum((debt.usage + debt.shared for debt in now.debts.values()), _ZERO)
    rows = []
    for unit in {*now.debts, *(before.debts if before else _NO_UNITS), central_unit}:
        debt = now.debts.get(unit, _Debt())
        owes = debt.usage + debt.shared
        carries = owes if is_charging else total if unit == central_unit else _ZERO
        past = before.debts.get(unit, _Debt()) if before else None
        previous = past.usage + past.shared if past else None
        rows.append(
            (
                unit,
                unit == central_unit,
                debt.requests,
                now.basis,
                debt.usage,
                debt.shared,
                owes,
                carries,
                owes - carries,
                previous,
                None if previous is None else owes - previous,
            )
        )
    rows.sort(key=lambda row: (-row[6], row[0]))
    return Answer(columns=tuple(COLUMNS), types=tuple(COLUMNS.values()), rows=rows)


def _read(folder: Path, viewer: Viewer, month: str, central_unit: str) -> _Month:
    rows = chargeback(folder, viewer, month=month, by=["unit"]).records()
    is_billed = all(
        row["billed_cost_usd"] is not None or not row["contracted_cost_usd"] for row in rows
    )
    return _Month("billed" if is_billed else "contracted", _debts(rows, central_unit, is_billed))


def _debts(
    rows: Iterable[Mapping[str, Any]], central_unit: str, is_billed: bool
) -> Mapping[str, _Debt]:
    debts: dict[str, _Debt] = defaultdict(_Debt)
    for row in rows:
        debt = debts[row["unit"] or central_unit]
        debt.requests += row["requests"]
        debt.usage += row["billed_cost_usd" if is_billed else "contracted_cost_usd"] or _ZERO
        debt.shared += row["shared_cost_usd"] or _ZERO
    return debts


def _previous(folder: Path, viewer: Viewer, month: str, central_unit: str) -> _Month | None:
    """Return the month before, None when it is not published."""
    last_day = month_days(month)[0] - timedelta(days=1)
    before = f"{last_day:%Y-%m}"
    if before not in require_manifest(folder).months():
        return None
    return _read(folder, viewer, before, central_unit)
