"""The month's report: ours at two sizes, and litellm's own schema and report in PostgreSQL 15.

Both hold the same requests at the same prices, and both make the same document: per day its
callers, and of each what every model and key (with us: client) spent, as nested JSON.
"""

import json
import math
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

from bench.built_data import built, published_bytes, staged
from bench.figures import Figure, at_least, spread
from bench.litellm_month import REPORT, Loaded, load_month
from bench.measured_process import measured
from bench.peers.postgres_cluster import Cluster, cluster, why_absent
from bench.sizes import MILLION, Sizes
from bench.staged_traffic import Traffic

TARGET = 5.0


def measure(work: Path, sizes: Sizes) -> list[Figure]:
    """Load both sides, then ask both for the month in turn."""
    figures: list[Figure] = []
    folders: dict[int, Path] = {}
    for requests in sorted({*sizes.report_requests, sizes.litellm_requests}):
        folders[requests] = work / f"month-{requests}"
        figures += _prepare(folders[requests], requests, sizes)
    with ExitStack() as stack:
        server = None
        if reason := why_absent():
            print(f"report: left out litellm's, because {reason}")
        else:
            server = stack.enter_context(cluster())
            published = folders[sizes.litellm_requests] / "published"
            loaded = load_month(server, published, work)
            figures += _of_loading(loaded, sizes.litellm_requests)
            _refuse_another_month(loaded, _ours(folders[sizes.litellm_requests]))
        figures += _in_turn(folders, server, sizes)
    return figures


def _prepare(folder: Path, requests: int, sizes: Sizes) -> list[Figure]:
    traffic = Traffic(requests, date(2026, 10, 1), sizes.days, sizes.report_callers)
    staging_s = staged(folder, traffic).seconds
    building_s = built(folder, traffic.ends_at).seconds
    name = f"report: tollbook, {_size(requests)}"
    warehouse_mb = (folder / "warehouse.duckdb").stat().st_size / 2**20
    (folder / "warehouse.duckdb").unlink()
    return [
        Figure(f"{name}, published", published_bytes(folder) / 2**20, "MB"),
        Figure(f"{name}, warehouse", warehouse_mb, "MB"),
        Figure(f"{name}, loaded at", requests / (staging_s + building_s), "requests/s"),
    ]


def _of_loading(loaded: Loaded, requests: int) -> list[Figure]:
    name = f"report: litellm in PostgreSQL, {_size(requests)}"
    return [
        Figure(f"{name}, table and indexes", loaded.size_bytes / 2**20, "MB"),
        Figure(f"{name}, loaded at", loaded.rows / loaded.seconds, "requests/s"),
    ]


def _in_turn(folders: dict[int, Path], server: Cluster | None, sizes: Sizes) -> list[Figure]:
    """Time the reports in turn, after one turn that only warms what lies on disk."""
    ours: dict[int, list[dict[str, Any]]] = {requests: [] for requests in folders}
    theirs: list[float] = []
    for turn in range(sizes.runs + 1):
        for requests, folder in folders.items():
            answer = _ours(folder)
            ours[requests] += [answer] if turn else []
        seconds = server.seconds_of_file(REPORT) if server else 0.0
        theirs += [seconds] if turn and server else []
    figures = []
    for requests, answers in ours.items():
        name = f"report: tollbook, {_size(requests)}"
        for key, what in (
            ("nested", "the month as nested JSON"),
            ("by_unit", "chargeback by unit"),
            ("by_user", "chargeback by user"),
        ):
            figures.append(spread(f"{name}, {what}", [one[key] for one in answers], "s"))
    if theirs:
        their_size = _size(sizes.litellm_requests)
        name = f"report: litellm in PostgreSQL, {their_size}, the month as nested JSON"
        figures.append(spread(name, theirs, "s"))
        largest = max(folders)
        own = spread("", [one["nested"] for one in ours[largest]], "s").value
        name = f"report: litellm at {their_size} against tollbook at {_size(largest)}"
        figures.append(at_least(name, figures[-1].value / own, "x", TARGET))
    return figures


def _ours(folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.our_month_report", str(folder / "published")]
    answer: dict[str, Any] = json.loads(measured(command, {}).printed)
    return answer


def _refuse_another_month(loaded: Loaded, ours: dict[str, Any]) -> None:
    same_spend = math.isclose(loaded.spend_usd, float(ours["spend_usd"]), rel_tol=1e-9)
    if loaded.rows != ours["requests"] or not same_spend:
        raise SystemExit(f"PostgreSQL holds {loaded}, tollbook {ours}: both must hold one month")


def _size(requests: int) -> str:
    return f"{requests / MILLION:g} M"
