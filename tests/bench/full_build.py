"""Full builds of a month: attribution, pricing, roll-ups, checks and publication, by size.

Each build is `tollbook run build` on a data folder that was never built, in a process of its own.
"""

import json
import shutil
import sys
from datetime import date
from pathlib import Path

from bench.built_data import (
    answered_requests,
    built,
    ledger_requests,
    published_bytes,
    published_files,
    staged,
)
from bench.figures import Figure, at_most, show, spread, under
from bench.measured_process import Measured, measured
from bench.sizes import MILLION, Sizes
from bench.staged_traffic import Traffic

_TEN, _FIFTY = 10 * MILLION, 50 * MILLION


def measure(work: Path, sizes: Sizes) -> list[Figure]:
    """Build every size and hold ten and fifty million requests to their targets."""
    figures: list[Figure] = []
    seconds: dict[int, float] = {}
    for requests in sizes.build_requests:
        measured_here = _of_size(work, requests, sizes)
        # The largest take half an hour, so what is known is told as it comes.
        show(measured_here)
        figures += measured_here
        seconds[requests] = measured_here[0].value
    if {_TEN, _FIFTY} <= seconds.keys():
        ratio = seconds[_FIFTY] / _FIFTY / (seconds[_TEN] / _TEN)
        figures.append(at_most("build: time per request, 50 M against 10 M", ratio, "x", 1.2))
    return figures


def _of_size(work: Path, requests: int, sizes: Sizes) -> list[Figure]:
    folder = work / f"build-{requests}"
    traffic = Traffic(requests, date(2026, 10, 1), sizes.days, sizes.callers)
    staging = staged(folder, traffic)
    warehouse_bytes = (folder / "warehouse.duckdb").stat().st_size
    expected = answered_requests(folder)
    reads = [_read_once(folder) for _ in range(sizes.runs)]
    runs = sizes.runs if requests <= sizes.repeated_up_to else 1
    builds = [_build(folder, traffic, expected, is_last=run == runs - 1) for run in range(runs)]
    ledger_bytes = sum(file.stat().st_size for file in published_files(folder, "ledger"))
    all_bytes = published_bytes(folder)
    shutil.rmtree(folder)
    name = f"build: {requests / MILLION:g} M requests" + ("" if runs > 1 else ", one run")
    time_s = spread(f"{name}, time", [build.seconds for build in builds], "s")
    read_s = spread(f"{name}, reading staging once", reads, "s")
    peak = spread(f"{name}, peak memory", [build.peak_rss_mb for build in builds], "MB")
    per_request = at_most(f"{name}, ledger per request", ledger_bytes / expected, "bytes", 50)
    return [
        under(time_s, 60) if requests == _TEN else time_s,
        spread(f"{name}, rate", [requests / build.seconds for build in builds], "requests/s"),
        under(peak, 8192) if requests in {_TEN, _FIFTY} else peak,
        read_s,
        Figure(f"{name}, time against reading once", time_s.value / read_s.value, "x"),
        per_request,
        Figure(f"{name}, all published per request", all_bytes / requests, "bytes"),
        Figure(f"{name}, warehouse", warehouse_bytes / 2**20, "MB"),
        Figure(f"{name}, warehouse written at", requests / staging.seconds, "requests/s"),
    ]


def _build(folder: Path, traffic: Traffic, expected: int, *, is_last: bool) -> Measured:
    """Build a copy that was never built; the last build takes the original, and stays."""
    place = folder if is_last else folder.with_name(f"{folder.name}-run")
    if not is_last:
        shutil.copytree(folder, place)
    build = built(place, traffic.ends_at)
    booked = ledger_requests(place)
    if booked != expected:
        raise SystemExit(f"raw shows {expected} answered requests, the ledger holds {booked}")
    if not is_last:
        shutil.rmtree(place)
    return build


def _read_once(folder: Path) -> float:
    command = [sys.executable, "-m", "bench.read_once", str(folder / "warehouse.duckdb")]
    return float(json.loads(measured(command, {}).printed)["seconds"])
