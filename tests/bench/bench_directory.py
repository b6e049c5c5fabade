"""`make bench-directory`: how long a large directory takes to be read, and then to be kept up with.

Run as `python tests/bench/bench_directory.py [--people N]`.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

# In the place of this folder, in which bench.py would hide the package.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.built_data import TOLLBOOK
from bench.figures import Figure, at_most, report
from bench.large_directory import (
    LARGE_GROUP_AT,
    SMALL_CHANGES_AT,
    STARTS_AT,
    group_ids,
    write_directory,
)
from bench.measured_process import Measured, measured

from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import read_workspace

FULL_SECONDS, CHANGES_SECONDS = 300, 10


def main() -> None:
    """Measure, print, and write `.bench/directory.json`."""
    options = argparse.ArgumentParser()
    options.add_argument("--people", type=int, default=100_000)
    people = options.parse_args().people
    with TemporaryDirectory(prefix="tollbook-bench-") as name:
        report("directory", figures(Path(name), people))


def figures(folder: Path, people: int) -> list[Figure]:
    """Read a directory whole, then after 50 changes, after none, and after one in a large group."""
    workspace = write_directory(folder / "workspace", people)
    with sandbox_process(workspace) as url, SandboxControl(url) as control:
        variables = _variables(workspace, url)

        def sync(moment: datetime) -> Measured:
            control.move_clock(moment)
            now = {"TOLLBOOK_NOW": moment.isoformat()}
            command = [TOLLBOOK, "run", "directory", "--data-dir", str(folder / "data")]
            return measured(command, variables | now)

        whole, changes = sync(STARTS_AT), sync(SMALL_CHANGES_AT)
        quiet, large = sync(SMALL_CHANGES_AT), sync(LARGE_GROUP_AT)
    return [
        Figure("people", people, "people"),
        *_recorded(folder / "data" / "warehouse.duckdb"),
        at_most("full sync in a fresh process", whole.seconds, "s", FULL_SECONDS),
        Figure("full sync: CPU of tollbook", whole.cpu_seconds, "s"),
        Figure("full sync: peak memory", whole.peak_rss_mb, "MB"),
        at_most("50 changes in a fresh process", changes.seconds, "s", CHANGES_SECONDS),
        Figure("no change in a fresh process", quiet.seconds, "s"),
        Figure("a member of the largest group gone", large.seconds, "s"),
    ]


def _variables(workspace: Path, url: str) -> dict[str, str]:
    recorded = read_workspace(workspace)
    return {
        "TOLLBOOK_TENANT_ID": recorded.tenant_id,
        "TOLLBOOK_CLAUDE_APP_ID": recorded.claude_app_id or "",
        "TOLLBOOK_GROUP_IDS": ",".join(group_ids()),
        "TOLLBOOK_GRAPH_ENDPOINT": url,
        "TOLLBOOK_ALLOW_LOOPBACK_HTTP": "true",
    }


def _recorded(warehouse: Path) -> list[Figure]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        ((principals, links),) = connection.execute(
            "select (select count(*) from directory.principals),"
            " (select count(*) from directory.links)"
        ).fetchall()
    return [
        Figure("rows of principals", principals, "rows"),
        Figure("rows of links", links, "rows"),
    ]


if __name__ == "__main__":
    main()
