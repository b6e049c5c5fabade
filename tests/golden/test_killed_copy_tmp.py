"""A run may be killed at any instruction; the next one ends in the same tables.

Two ways to choose the instruction: by step, so that each is hit, and by bytes written, so that the
middle of a write is. `make soak-ingest` does more of the second.
"""

import mmap
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from golden.booked import booked_requests
from golden.killable_run import FETCH, NOTE_BYTES, PUBLISH, STEPS

from ingest.sandbox.control import SandboxControl
from ingest.sandbox.generator import generate_tenant
from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import Workspace, read_workspace
from jobs.demo import clear, tenant_settings
from models.publication import read_manifest
from models.settings import Settings

SOAK = os.environ.get("TOLLBOOK_SOAK") == "1"
KILLS_BY_BYTES = 200 if SOAK else 6
USERS, DAYS, SEED = 8, 6, 3

# Reading the directory imports an SDK for seconds; only the run that is to end well needs it.
_QUICK = ("ingest", "build")
_DIRECTORY = "write the directory"
# Steps that a small tenant does not have twice, or that write nothing when nothing changed.
_RARE = {"remember the file", "replace staging"}


@dataclass(frozen=True)
class Tenant:
    """A served tenant, and what an undisturbed run makes of it."""

    workspace: Workspace
    url: str
    tables: dict[str, list[tuple[Any, ...]]]
    booked: list[dict[str, Any]]
    written_bytes: int


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    folder = tmp_path_factory.mktemp("killed")
    generate_tenant(folder / "workspace", truth=None, seed=SEED, users=USERS, days=DAYS)
    recorded = read_workspace(folder / "workspace")
    with sandbox_process(recorded.folder) as url:
        with SandboxControl(url) as sandbox:
            sandbox.move_clock(recorded.now)
        settings = tenant_settings(clear(folder / "calm"), recorded, url)
        calm = Victim.start(settings)
        calm.let_live()
        booked = booked_requests(settings.publication_dir)
        assert len(booked) > 300
        yield Tenant(recorded, url, content(settings), booked, calm.written_bytes)


class Victim:
    """A run in a process of its own that can be watched and killed."""

    def __init__(self, process: subprocess.Popen[bytes], notes: mmap.mmap) -> None:
        self.process, self._notes = process, notes
        self.written_bytes = 0

    @classmethod
    def start(
        cls, settings: Settings, step: str = "-", count: int = 1, jobs: tuple[str, ...] = ()
    ) -> "Victim":
        notes_file = settings.data_dir / "notes"
        notes_file.write_bytes(FETCH.encode().ljust(NOTE_BYTES))
        with notes_file.open("r+b") as file:
            notes = mmap.mmap(file.fileno(), NOTE_BYTES)
        script = Path("/work/main/tests/golden/test_killed_runs.py").with_name("killable_run.py")
        kept = {k: v for k, v in os.environ.items() if not k.startswith("TOLLBOOK_")}
        command = [sys.executable, script, notes_file, step, str(count)]
        process = subprocess.Popen(
            [*command, "run", *jobs, "--data-dir", str(settings.data_dir)],
            env=kept | {"PYTHONPATH": str(script.parents[1])},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        return cls(process, notes)

    def step(self) -> str:
        return self._notes[:NOTE_BYTES].decode().strip()

    def let_live(self) -> None:
        """Wait for a good end."""
        while self.process.poll() is None:
            self.written_bytes = max(self.written_bytes, self._written())
        _, said = self.process.communicate()
        assert self.process.returncode == 0, said.decode()[-2000:]

    def end_by_itself(self) -> bool:
        """Wait for the end; tells whether it was a kill."""
        _, said = self.process.communicate()
        assert self.process.returncode in {0, -signal.SIGKILL}, said.decode()[-2000:]
        return self.process.returncode == -signal.SIGKILL

    def kill_after(self, written_bytes: int, seconds: float) -> str | None:
        """Kill so many seconds after so many bytes were written; without the wait only steps that
        write would be hit. Returns the step, None when the run ended before.
        """
        while self.process.poll() is None:
            if self._written() >= written_bytes:
                time.sleep(seconds)
                self.process.send_signal(signal.SIGKILL)
                self.process.communicate()
                return self.step()
        self.let_live()
        return None

    def _written(self) -> int:
        try:
            text = Path(f"/proc/{self.process.pid}/io").read_text(encoding="ascii")
        except (OSError, ValueError):
            return 0
        return int(text.partition("wchar: ")[2].partition("\n")[0] or 0)


def content(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of raw and staging but the numbers of their loads, in order; loads explain raw."""
    with duckdb.connect(settings.warehouse_file, read_only=True) as connection:
        tables = connection.execute(
            "select table_schema || '.' || table_name, list(column_name)"
            " from information_schema.columns"
            " where table_schema in ('raw', 'staging') and column_name <> 'load_id'"
            " group by all"
        ).fetchall()
        explained = connection.execute(
            "select source, load_id, rows_received, rows_new from run.loads"
        ).fetchall()
        rows = {
            table: connection.execute(
                f"select {', '.join(sorted(columns))} from {table} order by all"
            ).fetchall()
            for table, columns in tables
        }
        for source in {source for source, *_ in explained}:
            found = dict(
                connection.execute(
                    f"select load_id, count(*) from raw.{source} group by load_id"
                ).fetchall()
            )
            recorded = {load: new for name, load, _, new in explained if name == source and new}
            assert found == recorded, source
    return rows


def refuse_difference(settings: Settings, tenant: Tenant) -> None:
    found = content(settings)
    for table, rows in tenant.tables.items():
        assert found[table] == rows, table
    import json
    f=booked_requests(settings.publication_dir)
    out=[]
    for a,b in zip(f,tenant.booked):
        d={k:(str(a[k]),str(b[k])) for k in a if a[k]!=b[k]}
        if d: out.append((str(a["usage_time"]),a["oid"],d))
    open("/tmp/sync_try/diff.json","w").write(json.dumps([len(f),len(tenant.booked),len(out),out[:20]]))
    import shutil; shutil.copytree(settings.data_dir,"/tmp/sync_try/data",dirs_exist_ok=True)
    assert f == tenant.booked


def test_a_run_killed_at_every_step_ends_as_an_undisturbed_one(
    tenant: Tenant, tmp_path: Path
) -> None:
    settings = tenant_settings(clear(tmp_path / "data"), tenant.workspace, tenant.url)
    hit = Counter[str]()
    # an odd count kills before the statement, an even one after it
    for count in (1, 2):
        for step in [*STEPS.values(), PUBLISH]:
            jobs = () if step == _DIRECTORY else _QUICK
            if Victim.start(settings, step, count, jobs).end_by_itself():
                hit[step] += 1
            if read_manifest(settings.publication_dir):
                assert booked_requests(settings.publication_dir), "a half publication is visible"
    Victim.start(settings).let_live()
    refuse_difference(settings, tenant)
    print(f"by step: {dict(hit)}")
    assert set(STEPS.values()) - set(hit) <= _RARE
    assert hit["commit"] == hit["insert raw"] == 2


def test_runs_killed_by_bytes_written_end_as_an_undisturbed_one(
    tenant: Tenant, tmp_path: Path
) -> None:
    draw = random.Random(11)  # noqa: S311 (a test's dice)
    hit, backfills = Counter[str](), 0
    while hit.total() < KILLS_BY_BYTES:
        backfills += 1
        folder = clear(tmp_path / f"backfill-{backfills}")
        settings = tenant_settings(folder, tenant.workspace, tenant.url)
        while hit.total() < KILLS_BY_BYTES:
            victim = Victim.start(settings, jobs=_QUICK)
            step = victim.kill_after(
                draw.randrange(tenant.written_bytes // 8), draw.uniform(0, 0.05)
            )
            if step is None:
                break
            hit[step] += 1
        Victim.start(settings).let_live()
        refuse_difference(settings, tenant)
    if SOAK:
        assert {"read the answer", "insert raw", "insert staging", "commit"} <= set(hit)
    print(f"{hit.total()} kills in {backfills} backfills: {dict(hit)}")
