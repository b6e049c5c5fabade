"""The reconciliation report: the bridge's lines with reasons, the month's state, and notes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from models.bridge import Bridge, read_bridge
from models.bridge_reasons import factor_reason, reason
from models.published import Answer
from models.viewer import Viewer

_TEXT, _MONEY = "VARCHAR", "DECIMAL(38,15)"
COLUMNS = {
    "day": "DATE",
    "resource_group": _TEXT,
    "line": _TEXT,
    "kind": _TEXT,
    "model": _TEXT,
    "amount_usd": _MONEY,
    "running_usd": _MONEY,
    "ccu": _MONEY,
    "low_usd": _MONEY,
    "high_usd": _MONEY,
    "cases": "BIGINT",
    "reason": _TEXT,
    "state": _TEXT,
}

Row = dict[str, Any]


def reconciliation(folder: Path, viewer: Viewer, *, month: str, by: Sequence[str] = ()) -> Answer:
    """Return the rows of `report reconciliation` for a month (YYYY-MM), split by day or group.

    The rows of the kinds list, discount, legacy, cause and residual add up to the row of the kind
    total, which is the CCU invoice before tax as far as it is known.
    """
    return report_of(read_bridge(folder, viewer, month=month, by=by))


def report_of(bridge: Bridge) -> Answer:
    """Return the report of a bridge."""
    state = state_of(bridge)
    rows = [*explained(bridge, bridge.split.records()), *_notes(bridge)]
    return Answer(
        columns=tuple(COLUMNS),
        types=tuple(COLUMNS.values()),
        rows=[tuple((row | {"state": state}).get(name) for name in COLUMNS) for row in rows],
    )


def state_of(bridge: Bridge) -> str:
    """Return the month's state."""
    return bridge.bill.state(bridge.amount("billed"), bridge.unreconciled_usd)


def sentence_of(bridge: Bridge) -> str:
    """Return what the state means, in whole sentences."""
    return bridge.bill.sentence(bridge.amount("billed"), bridge.unreconciled_usd)


def explained(bridge: Bridge, lines: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Return lines with reasons; a residual gets the range that causes without amount allow."""
    groups: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
    for line in lines:
        groups[line["day"], line["resource_group"]].append(line)
    return [_explained(bridge, line, group) for group in groups.values() for line in group]


def _explained(bridge: Bridge, line: Mapping[str, Any], group: Sequence[Mapping[str, Any]]) -> Row:
    row = dict(line)
    if line["kind"] == "residual":
        bounds = [other for other in group if other["kind"] == "bound"]
        row |= {"low_usd": _sum(bounds, "low_usd"), "high_usd": _sum(bounds, "high_usd")}
    return row | {"reason": reason(row, bridge.factor)}


def _sum(rows: Sequence[Mapping[str, Any]], name: str) -> Decimal | None:
    """Return a sum that is unlimited (None) as soon as one part is."""
    amounts = [row[name] for row in rows]
    return None if None in amounts else sum(amounts, Decimal(0))


def _notes(bridge: Bridge) -> list[Row]:
    told = [*bridge.bill.notes()]
    if bridge.factor:
        told.append(("factor", factor_reason(bridge.factor)))
    notes = [{"line": topic, "kind": "note", "reason": text} for topic, text in told]
    return [*notes, {"line": "state", "kind": "state", "reason": sentence_of(bridge)}]
