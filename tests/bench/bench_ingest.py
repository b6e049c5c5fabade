"""`make bench-ingest`: how fast rows get from the sandbox to raw, in what memory, and at what cost
an hour is added to a warehouse that is empty and to one that holds a year.

Run as `python tests/bench/bench_ingest.py [--requests N] [--year-requests-a-day N]`.
"""

import argparse
import sys
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

# In the place of this folder, in which bench.py would hide the package.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.figures import Figure, at_least, at_most, report
from bench.measured_process import Measured, measured
from bench.recorded_traffic import STARTS_AT, write_traffic
from bench.stored_year import store_year
from tiny_workspace import FIRST

from ingest.sandbox.process import sandbox_process

_REFRESHES = 5


def main() -> None:
    """Measure, print, and write `.bench/ingest.json`."""
    options = argparse.ArgumentParser()
    options.add_argument("--requests", type=int, default=2_000_000)
    options.add_argument("--days", type=int, default=20)
    options.add_argument("--year-requests-a-day", type=int, default=10_000)
    asked = options.parse_args()
    with TemporaryDirectory(prefix="tollbook-bench-") as name:
        folder = Path(name)
        figures = throughput(folder, asked.requests, asked.days)
        figures += refresh(folder, asked.year_requests_a_day)
    report("ingest", figures)


def throughput(folder: Path, requests: int, days: int) -> list[Figure]:
    """Load everything through tollbook, and a part of it through the SDK's rows, in turn."""
    workspace = write_traffic(folder / "traffic", requests=requests, days=days)
    end = STARTS_AT + timedelta(days=days)
    with sandbox_process(workspace) as url:
        ours = tollbook(folder / "ours", url, now=end + timedelta(hours=1))
        # A tenth is enough for a rate, and its rows are of the same kind.
        part = (STARTS_AT, STARTS_AT + timedelta(days=max(1, days // 10)))
        script = str(Path(__file__).with_name("sdk_rows.py"))
        sdk = measured(
            [sys.executable, script, url, FIRST, part[0].isoformat(), part[1].isoformat(),
             str(folder / "sdk.duckdb")],
            {},
        )  # fmt: skip
    rows = requests + requests - requests // 50
    our_rate = rows / ours.seconds
    sdk_rate = int(sdk.printed) / sdk.seconds
    sdk_cpu = sdk.cpu_seconds / int(sdk.printed)
    return [
        Figure("rows sandbox to raw", rows, "rows"),
        Figure("tollbook: rate, sandbox included", our_rate, "rows/s"),
        at_most("tollbook: peak memory", ours.peak_rss_mb, "MB", 600),
        Figure("SDK rows and pandas: rate", sdk_rate, "rows/s"),
        Figure("SDK rows and pandas: peak memory", sdk.peak_rss_mb, "MB"),
        at_least("ratio of the rates", our_rate / sdk_rate, "x", 15),
        Figure("tollbook: CPU per million rows", ours.cpu_seconds / rows * 1e6, "s"),
        Figure("SDK rows and pandas: CPU per million rows", sdk_cpu * 1e6, "s"),
    ]


def refresh(folder: Path, requests_a_day: int) -> list[Figure]:
    """Add one hour to an empty warehouse and to one that holds a year of raw, in turn."""
    workspace = write_traffic(folder / "hour", requests=requests_a_day * 2, days=2)
    seconds: dict[str, list[float]] = {"empty": [], "year": []}
    for kind in seconds:
        store_year(
            folder / kind,
            STARTS_AT + timedelta(days=1),
            days=365 if kind == "year" else 0,
            requests_a_day=requests_a_day,
        )
    size_mb = (folder / "year" / "warehouse.duckdb").stat().st_size / 2**20
    with sandbox_process(workspace) as url:
        for hour in range(1, _REFRESHES + 2):
            now = STARTS_AT + timedelta(days=1, hours=hour)
            for kind, times in seconds.items():
                took = tollbook(folder / kind, url, now=now).seconds
                if hour > 1:  # the first one finds the files cold
                    times.append(took)
    empty, year = (sorted(times)[_REFRESHES // 2] for times in seconds.values())
    return [
        Figure("requests stored in the year", 365.0 * requests_a_day, "requests"),
        Figure("warehouse with the year", size_mb, "MB"),
        Figure("hourly refresh, empty warehouse", empty, "s"),
        Figure("hourly refresh, 12 months of raw", year, "s"),
        at_most("ratio of the refreshes", year / empty, "x", 1.2),
    ]


def tollbook(data_dir: Path, url: str, *, now: object) -> Measured:
    """Run `tollbook run logs` against a sandbox at a fixed time."""
    command = Path(sys.executable).with_name("tollbook")
    return measured(
        [str(command), "run", "logs", "--data-dir", str(data_dir)],
        {
            "TOLLBOOK_TENANT_ID": "bench",
            "TOLLBOOK_WORKSPACE_IDS": FIRST,
            "TOLLBOOK_LOGS_ENDPOINT": url,
            "TOLLBOOK_ALLOW_LOOPBACK_HTTP": "true",
            "TOLLBOOK_HISTORY_FROM": STARTS_AT.isoformat(),
            "TOLLBOOK_NOW": str(now),
        },
    )


if __name__ == "__main__":
    main()
