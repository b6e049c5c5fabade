"""Alerts: which thresholds of budgets are newly crossed, and what is said about them.

A crossing is a budget with its amount, a period, a threshold, and whether it is reached or only
expected. It has a digest for an identity: the record of what was told names nobody.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from models.budget_state import INTERVAL_SHARE
from models.budgets import budget_rows
from models.money import exact, usd
from models.publication import Manifest
from models.viewer import Viewer

LATE_DAYS = 7
"""Into so many days of a month the month before is looked at as well: rows come late."""

_MOST_LINES = 100

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Crossing:
    """A threshold of a budget that was reached, or is expected to be: its identity and its line."""

    digest: str
    line: str


def crossings(folder: Path, viewer: Viewer, state: Manifest, known_at: datetime) -> list[Crossing]:
    """Return every crossing of the newest month, and in its first days those of the month before.

    Of the month before only what was reached counts: nothing of it is to be expected any more.
    """
    found: dict[str, Crossing] = {}
    for month, is_over in _months(state):
        rows = budget_rows(folder, viewer, month=month, known_at=known_at, manifest=state)
        for row in rows:
            for crossing in _of_budget(row, is_over=is_over):
                found.setdefault(crossing.digest, crossing)
    return list(found.values())


def message(new: Sequence[Crossing]) -> tuple[str, str]:
    """Return the title and the text of one message about crossings."""
    title = f"tollbook: {len(new)} budget threshold{'s' if len(new) > 1 else ''}"
    lines = [crossing.line for crossing in new[:_MOST_LINES]]
    if len(new) > _MOST_LINES:
        lines.append(f"And {len(new) - _MOST_LINES} more: `tollbook report budget` has them all.")
    return title, "\n".join(lines)


def _months(state: Manifest) -> Iterator[tuple[str, bool]]:
    last = date.fromisoformat(max(state.days))
    before = f"{last.replace(day=1) - timedelta(days=1):%Y-%m}"
    if last.day <= LATE_DAYS and before in state.months():
        yield before, True
    yield f"{last:%Y-%m}", False


def _of_budget(row: Row, *, is_over: bool) -> Iterator[Crossing]:
    for share in row["thresholds_reached"] or ():
        yield Crossing(_digest(row, share, "reached"), _line(row, share, is_reached=True))
    for share in () if is_over else row["thresholds_expected"] or ():
        yield Crossing(_digest(row, share, "expected"), _line(row, share, is_reached=False))


def _digest(row: Row, share: Decimal, basis: str) -> str:
    # A surrogate in place of an object id, and no name that hiding names would change.
    whose = row["caller_id"] if row["subject_kind"] == "user" else row["subject"]
    parts = (
        row["subject_kind"],
        whose,
        row["period"],
        row["period_from"],
        row["period_to"],
        exact(row["amount_usd"]),
        exact(share),
        basis,
    )
    return sha256("\n".join(map(str, parts)).encode()).hexdigest()


def _line(row: Row, share: Decimal, *, is_reached: bool) -> str:
    what = "everybody"
    if row["subject_kind"] != "total":
        what = f"{row['subject_kind']} {row['name'] or row['subject']}"
    last_day = row["period_to"] - timedelta(days=1)
    head = f"{what}, {row['period_from']} to {last_day}:"
    spent = f"spent {usd(row['spent_usd'], 2)} of {usd(row['amount_usd'], 2)}"
    spent = f"{spent} ({row['spent_share']:.0%}) as of {row['data_until']:%Y-%m-%d %H:%M} UTC"
    if is_reached:
        return f"{head} {_percent(share)} reached. It has {spent}."
    low, likely, high = (usd(row[f"forecast{end}_usd"], 2) for end in ("_low", "", "_high"))
    return (
        f"{head} {_percent(share)} expected. It has {spent}; forecast {likely}"
        f" ({INTERVAL_SHARE:.0%} interval {low} to {high})."
    )


def _percent(share: Decimal) -> str:
    return f"{exact(share.scaleb(2))} %"
