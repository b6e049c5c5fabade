"""Pricing and roll-up alone: ours, Polars, chDB and pandas on the same Parquet files, in turn.

A run is a process of its own; its time is that of the work, without start-up and imports. All
engines must come to the same groups, tokens and money, to the last digit.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.figures import Figure, at_least, spread
from bench.measured_process import PEER_SCRIPTS, PEERS_PYTHON, Measured, measured
from bench.request_file import write_prices, write_requests
from bench.rollup_results import differences
from bench.sizes import MILLION, Sizes

OURS = "tollbook"
TARGETS = {"polars": 3.0, "chdb": 3.0, "pandas": 10.0}


def commands(*, with_peers: bool) -> dict[str, list[str]]:
    """Return the command of each engine; it takes requests, prices and where its result goes."""
    peers = {
        name: [str(PEERS_PYTHON), str(PEER_SCRIPTS / f"{name}_rollup.py")]
        for name in (TARGETS if with_peers else ())
    }
    return {OURS: [sys.executable, "-m", "bench.our_rollup"], **peers}


def measure(work: Path, sizes: Sizes) -> list[Figure]:
    """Run every engine on the same files, ours first."""
    figures: list[Figure] = []
    engines = commands(with_peers=PEERS_PYTHON.exists())
    if len(engines) == 1:
        print("pricing: left out the peers, because they are not installed: run `make peers`")
    write_prices(work / "prices.parquet")
    size = f"{sizes.rollup_requests / MILLION:g} M"
    write_requests(work / "requests.parquet", sizes.rollup_requests, callers=sizes.callers)
    runs = run_in_turn(work, engines, sizes.runs)
    times = {engine: [_seconds(run) for run in of_it] for engine, of_it in runs.items()}
    read_s = spread(f"pricing: {size} requests, reading the file once", _reads(work, sizes), "s")
    figures.append(read_s)
    for engine, seconds in times.items():
        name = f"pricing: {size} requests, {engine}"
        figures.append(spread(f"{name}, time", seconds, "s"))
        peaks = [run.peak_rss_mb for run in runs[engine]]
        figures.append(spread(f"{name}, peak memory", peaks, "MB"))
    ours = spread("", times[OURS], "s").value
    for peer in [engine for engine in engines if engine != OURS]:
        ratio = spread("", times[peer], "s").value / ours
        name = f"pricing: {size} requests, {peer} against tollbook"
        figures.append(at_least(name, ratio, "x", TARGETS[peer]))
    return figures


def run_in_turn(
    work: Path, engines: Mapping[str, Sequence[str]], runs: int
) -> dict[str, list[Measured]]:
    """Run the engines one after the other, several times around; refuse unequal results."""
    done: dict[str, list[Measured]] = {engine: [] for engine in engines}
    results = {engine: work / f"{engine}.parquet" for engine in engines}
    for turn in range(runs):
        for engine, command in engines.items():
            files = [work / "requests.parquet", work / "prices.parquet", results[engine]]
            done[engine].append(measured([*command, *map(str, files)], {}))
        if turn == 0 and (unequal := differences(results)):
            raise SystemExit("the engines disagree: " + "; ".join(unequal))
    for file in results.values():
        file.unlink()
    return done


def _reads(work: Path, sizes: Sizes) -> list[float]:
    command = [sys.executable, "-m", "bench.read_file_once", str(work / "requests.parquet")]
    return [_seconds(measured(command, {})) for _ in range(sizes.runs)]


def _seconds(run: Measured) -> float:
    return float(json.loads(run.printed)["seconds"])
