"""The queries behind each report, over a year of many callers: how long 95 of 100 take at most."""

import json
import sys
from pathlib import Path

from bench.built_data import ledger_requests
from bench.figures import Figure, at_most
from bench.history import history
from bench.measured_process import measured
from bench.sizes import Sizes

TARGET_MS = 100.0

OPENING = "open a month"
"""What every report does first; it is a figure, and no query."""


def measure(work: Path, sizes: Sizes) -> list[Figure]:
    """Ask the longest history, in one process."""
    folder = history(work, sizes, max(sizes.history_days))
    command = [sys.executable, "-m", "bench.query_times", str(folder / "published")]
    times = json.loads(measured([*command, str(sizes.queries)], {}).printed)
    figures = [Figure("queries: requests in the ledger", ledger_requests(folder), "requests")]
    for name, seconds in times.items():
        p95 = percentile(seconds, 95) * 1000
        figure = f"queries: {name}, 95 of 100 within"
        figures.append(
            Figure(figure, p95, "ms") if name == OPENING else at_most(figure, p95, "ms", TARGET_MS)
        )
    return figures


def percentile(values: list[float], share: int) -> float:
    """Return the smallest value that is at least as large as `share` of a hundred values."""
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * share // 100) - 1, 0)]
