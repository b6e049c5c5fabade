"""What an hour's rows cost on top of no history, of a month and of a year.

An hour is staged as ingestion would have left it, then `tollbook run build` makes it public.
"""

from datetime import timedelta
from pathlib import Path

from bench.built_data import built
from bench.figures import Figure, at_most, spread
from bench.history import NOW, history, traffic_of
from bench.sizes import Sizes
from bench.staged_traffic import stage_hour


def measure(work: Path, sizes: Sizes) -> list[Figure]:
    """Add hour after hour to every history in turn; the first one only warms what lies on disk."""
    folders = {days: history(work, sizes, days) for days in sizes.history_days}
    traffic = traffic_of(sizes)
    seconds: dict[int, list[float]] = {days: [] for days in folders}
    for hour in range(sizes.runs + 1):
        start = NOW + timedelta(hours=hour)
        for days, folder in folders.items():
            stage_hour(folder, traffic, start)
            taken = built(folder, start + timedelta(hours=1)).seconds
            seconds[days] += [taken] if hour else []
    figures = [
        spread(f"increment: an hour on {days} days of history", taken, "s")
        for days, taken in seconds.items()
    ]
    longest, shortest = max(folders), min(folders)
    sizes_mb = (folders[longest] / "warehouse.duckdb").stat().st_size / 2**20
    ratio = figures[-1].value / figures[0].value
    return [
        Figure("increment: requests a day", sizes.requests_a_day, "requests"),
        *figures,
        at_most(f"increment: {longest} days against {shortest}", ratio, "x", 1.2),
        Figure(f"increment: warehouse of {longest} days", sizes_mb, "MB"),
    ]
