"""`tollbook run`: what a span reads, going on after a failure, and what a failure leaves alone."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from recorded_logs import GATEWAY_LOG, LLM_LOG, gateway_row, llm_row
from tiny_workspace import DESCRIPTION, FIRST, write_workspace

from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from models.publication import read_manifest

DAYS = 12
LLM_TABLE = "ApiManagementGatewayLlmLog"
START = datetime(2026, 10, 1, tzinfo=UTC)
NOW = START + timedelta(days=DAYS)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A tenant with one request at noon of every day."""
    noons = [(START + timedelta(days=day, hours=12)).isoformat() for day in range(DAYS)]
    files = {
        GATEWAY_LOG: [
            gateway_row(n, TimeGenerated=noon, _IngestionTime=noon, _ItemId=f"g{n}")
            for n, noon in enumerate(noons)
        ],
        LLM_LOG: [
            llm_row(n, TimeGenerated=noon, _IngestionTime=noon, _ItemId=f"l{n}")
            for n, noon in enumerate(noons)
        ],
    }
    text = DESCRIPTION.replace("now = 2026-10-03T00:00:00Z", f"now = {NOW.isoformat()}")
    folder = write_workspace(tmp_path_factory.mktemp("backfill"), files, text)
    with sandbox_process(folder) as url:
        yield url


@contextmanager
def faults(url: str, *found: dict[str, object]) -> Iterator[None]:
    with SandboxControl(url) as control:
        control.set_faults(list(found))
        yield
        control.set_faults([])


def tollbook(
    data_dir: Path, url: str, *arguments: str, history_from: datetime = NOW - timedelta(days=2)
) -> subprocess.CompletedProcess[str]:
    """Run the command in an environment of its own; the history begins at `history_from`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBOOK_")}
    own = {
        "TENANT_ID": "t",
        "WORKSPACE_IDS": FIRST,
        "LOGS_ENDPOINT": url,
        "ALLOW_LOOPBACK_HTTP": "true",
        "HISTORY_FROM": history_from.isoformat(),
        "GRAPH_ENDPOINT": url,
        "NOW": NOW.isoformat(),
        "RETRY_ATTEMPTS": "2",
        "RETRY_WAIT_SECONDS": "0.01",
    }
    return subprocess.run(
        [Path(sys.executable).with_name("tollbook"), *arguments, "--data-dir", str(data_dir)],
        env=kept | {f"TOLLBOOK_{name}": value for name, value in own.items()},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def days(data_dir: Path) -> list[int]:
    """The days of October of which both rows are in raw, none of them twice."""
    with duckdb.connect(data_dir / "warehouse.duckdb", read_only=True) as connection:
        found = [
            connection.execute(f"select day(time_generated) from raw.{table} order by 1").fetchall()
            for table in ("gateway_log", "llm_log")
        ]
    assert found[0] == found[1]
    return [day for (day,) in found[0]]


def span(first_day: int, last_day: int) -> tuple[str, ...]:
    """Options for the days of October from the first to the last, both included."""
    start, end = START + timedelta(days=first_day - 1), START + timedelta(days=last_day)
    return ("--from", start.isoformat(), "--to", end.isoformat())


def loads(data_dir: Path) -> int:
    with duckdb.connect(data_dir / "warehouse.duckdb", read_only=True) as connection:
        row = connection.execute("select count(*) from run.loads").fetchone()
    assert row
    return int(row[0])


def test_a_backfill_is_resumed_where_it_was_and_leaves_no_hole(
    sandbox: str, tmp_path: Path
) -> None:
    assert tollbook(tmp_path, sandbox, "run", "ingest").returncode == 0
    assert days(tmp_path) == [11, 12]
    # every query about a window that begins on the third is refused, for ever
    begins = r"ingestion_time\(\) >= datetime\(2026-10-03T"
    down = {"service": "logs", "kind": "status", "status": 503, "query": begins}
    with faults(sandbox, down):
        broken = tollbook(tmp_path, sandbox, "run", "ingest", *span(1, 6))
    assert broken.returncode == 1
    assert "the next run asks again" in broken.stderr
    assert set(days(tmp_path)) >= {1, 2, 11, 12}
    assert 3 not in days(tmp_path)
    listed = tollbook(tmp_path, sandbox, "doctor").stdout
    assert "was not read from" in " ".join(listed.split())
    before = loads(tmp_path)
    assert tollbook(tmp_path, sandbox, "run", "ingest", *span(1, 6)).returncode == 0
    assert days(tmp_path) == [*range(1, 7), 11, 12]
    assert loads(tmp_path) - before <= 8, "what was answered is not asked for again"
    # the days between the backfill and the first history are a hole, which the next run fills
    assert tollbook(tmp_path, sandbox, "run", "ingest").returncode == 0
    assert days(tmp_path) == list(range(1, DAYS + 1))
    assert "was not read from" not in tollbook(tmp_path, sandbox, "doctor").stdout


def test_a_span_that_was_read_is_read_again_only_when_asked(sandbox: str, tmp_path: Path) -> None:
    tollbook(tmp_path, sandbox, "run", "logs", *span(1, 4))
    assert days(tmp_path) == [1, 2, 3, 4]
    before = loads(tmp_path)
    tollbook(tmp_path, sandbox, "run", "logs", *span(2, 3))
    assert loads(tmp_path) == before
    assert tollbook(tmp_path, sandbox, "run", "logs", *span(2, 3), "--again").returncode == 0
    assert loads(tmp_path) > before
    assert days(tmp_path) == [1, 2, 3, 4]


def test_a_failed_source_leaves_the_publication_and_the_other_sources_alone(
    sandbox: str, tmp_path: Path
) -> None:
    assert tollbook(tmp_path, sandbox, "run").returncode == 0
    first = read_manifest(tmp_path / "published")
    down = {"service": "logs", "kind": "status", "status": 503, "table": LLM_TABLE}
    gone = {"service": "graph", "kind": "status", "status": 403}
    with faults(sandbox, down, gone):
        broken = tollbook(tmp_path, sandbox, "run", history_from=START)
    assert broken.returncode == 1
    assert re.search(r"2 jobs failed:\n  logs: .*\n  directory: ", broken.stderr), broken.stderr
    assert "the publication stays as it was" in broken.stderr
    assert read_manifest(tmp_path / "published") == first
    with duckdb.connect(tmp_path / "warehouse.duckdb", read_only=True) as connection:
        rows = connection.execute("select count(*) from raw.gateway_log").fetchone()
    assert rows == (DAYS,), "the table that could be read was not"
    assert tollbook(tmp_path, sandbox, "run", history_from=START).returncode == 0
    second = read_manifest(tmp_path / "published")
    assert first
    assert second
    assert len(second.days) == DAYS > len(first.days)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--from", "2026-10-01T00:00:00Z"), "--from and --to go together"),
        (("--again",), "--again needs --from and --to"),
        (("--from", "soon", "--to", "later"), "'soon' is not a time: write 2026-10-01T00:00:00Z"),
        (span(5, 3), "--from must be before --to"),
    ],
)
def test_a_span_that_makes_no_sense_is_refused(
    tmp_path: Path, options: tuple[str, ...], says: str
) -> None:
    answer = tollbook(tmp_path, "http://127.0.0.1:9", "run", "ingest", *options)
    assert answer.returncode == 2
    assert says in answer.stderr
