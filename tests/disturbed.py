"""A tenant whose services misbehave, a warehouse that is filled from it, and what must be true."""

import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ingest.sandbox.control import SandboxControl
from ingest.sandbox.generator import generate_tenant
from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import Workspace, read_workspace
from ingest.source import LOG_SOURCES
from ingest.windows import covered, holes
from jobs.demo import clear, tenant_settings
from jobs.ingestion import Run
from jobs.pipeline import open_run, run_jobs
from models.clock import Clock, to_utc
from models.errors import TollbookError
from models.settings import Settings
from models.warehouse import Connection, looking

Fault = dict[str, Any]
Tables = dict[str, "Counter[tuple[Any, ...]]"]

USERS, DAYS, SEED = 6, 2, 7

# What each job fills, with the columns that say when and by which load, not what.
_LANDED = ("load_id",)
_OBSERVED = ("load_id", "ingested_at")
TABLES: dict[str, dict[str, tuple[str, ...]]] = {
    "logs": {
        **{f"raw.{source.name}": _LANDED for source in LOG_SOURCES},
        **{
            f"staging.{source.staging_table}": _LANDED
            for source in LOG_SOURCES
            if source.staging_table
        },
    },
    "metrics": {"raw.platform_metrics": _OBSERVED, "staging.metric_points": _OBSERVED},
    "costs": {"raw.cost_totals": ("load_id", "row_number"), "staging.cost_totals": _LANDED},
    "retail-prices": {"raw.retail_prices": _LANDED},
    "usage": {"raw.usage_records": _LANDED, "staging.usage_records": _LANDED},
    "directory": {"directory.principals": ()},
}
_SECRETS = re.compile(
    r"bearer|authorization|eyJ|sig=|accountkey|sandbox_page|token=", re.IGNORECASE
)
_ADVICE = re.compile(
    r"next run|run again|asked for again|lists again|must name the same|TOLLBOOK_\w+|grant "
    r"|read that time from|send the gateway's|(?:correct|set) the setting"
)


@dataclass(frozen=True)
class Tenant:
    """A generated tenant and the sandbox that answers for it."""

    recorded: Workspace
    url: str
    control: SandboxControl

    @contextmanager
    def showing(self, *faults: Fault) -> Iterator[None]:
        """Show the faults for the length of the block; each must have hit something by its end."""
        self.control.set_faults(list(faults))
        try:
            yield
            assert all(one["hit"] for one in self.control.faults()), self.control.faults()
        finally:
            self.control.set_faults([])

    def settings(self, folder: Path, **changes: Any) -> Settings:
        """Settings that read this tenant into a folder, with waits that a test can afford."""
        quick = {
            "history_from": self.recorded.starts_at,
            "retry_attempts": 4,
            "retry_wait_seconds": 0.01,
            "retry_longest_wait_seconds": 2,
        }
        settings = tenant_settings(clear(folder), self.recorded, self.url)
        return settings.model_copy(update=quick | changes)


@contextmanager
def serving(folder: Path) -> Iterator[Tenant]:
    """Yield a generated tenant behind a sandbox process, written below `folder`."""
    generate_tenant(folder / "workspace", truth=None, seed=SEED, users=USERS, days=DAYS)
    with (
        sandbox_process(folder / "workspace") as url,
        SandboxControl(url) as control,
    ):
        yield Tenant(read_workspace(folder / "workspace"), url, control)


@dataclass
class Filling:
    """A warehouse on its way: every run opens it, works and closes it, as `tollbook run` does."""

    settings: Settings
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.clock = self.settings.clock()

    def run(self, *jobs: str, within_seconds: float = 20) -> TollbookError | None:
        """Run the jobs; return how they failed. Anything but a TollbookError is a defect."""
        started = time.monotonic()
        failure = None
        with open_run(self.settings, self.clock) as connection:
            try:
                run_jobs(Run(connection, self.settings, self.clock, lambda *_: None), jobs)
            except TollbookError as error:
                failure = error
            unfinished = connection.execute(
                "select job from warehouse.run.runs where outcome = 'running'"
            ).fetchall()
            assert unfinished == []
        elapsed_seconds = time.monotonic() - started
        assert elapsed_seconds < within_seconds, f"took {elapsed_seconds:.1f} s"
        assert not [path.name for path in self.settings.data_dir.iterdir() if "-" in path.name]
        if failure is not None:
            assert not _SECRETS.search(str(failure)), str(failure)
            assert all(_ADVICE.search(line) for line in _problems(failure)), str(failure)
        return failure

    def tables(self, *jobs: str) -> Tables:
        """What the jobs filled, without the columns that say by which load."""
        with self._looking() as connection:
            return {
                name: Counter(_rows(connection, name, without))
                for job in jobs
                for name, without in TABLES[job].items()
            }

    def assert_explained(self) -> None:
        """Every row of raw has its load record, every load its rows, and none is there twice."""
        with self._looking() as connection:
            sources = connection.execute(
                "select distinct source from warehouse.run.loads"
            ).fetchall()
            for (source,) in sources:
                assert _unexplained(connection, source) == []
            raw = connection.execute(
                "select table_name, bool_or(column_name = 'item_id') from duckdb_columns()"
                " where database_name = 'warehouse' and schema_name = 'raw' group by all"
            ).fetchall()
            for table, has_items in raw:
                if not has_items:
                    continue
                doubles = connection.execute(
                    f"select item_id, ingested_at from warehouse.raw.{table}"
                    " group by all having count(*) > 1"
                ).fetchall()
                assert (table, doubles) == (table, [])

    def assert_whole(self, *names: str) -> None:
        """Every window from the beginning of history up to the clock was answered."""
        reaches = timedelta(minutes=1)
        with self._looking() as connection:
            asked = connection.execute(
                "select distinct source, origin from warehouse.run.loads"
                " where window_start is not null"
            ).fetchall()
            assert {source for source, _ in asked} >= set(names)
            for source, origin in asked:
                assert holes(connection, source, origin) == []
                stretch = covered(connection, source, origin)
                first = to_utc(self.settings.history_from) if self.settings.history_from else None
                assert first is None or stretch[0][0] <= first, source
                if source != "cost_totals":
                    assert self.clock.now() - stretch[-1][1] < reaches, source

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        with looking(self.settings.warehouse_file) as connection:
            assert connection is not None
            yield connection


def difference(found: Tables, expected: Tables) -> Mapping[str, tuple[int, int]]:
    """By table: rows too many and rows missing; empty when both are the same."""
    return {
        name: ((found[name] - rows).total(), (rows - found[name]).total())
        for name, rows in expected.items()
        if found[name] != rows
    }


def at(tenant: Tenant, filling: Filling, moment: datetime) -> None:
    """Move both clocks: the services' and ours."""
    tenant.control.move_clock(moment)
    filling.clock.move(moment)


def _rows(connection: Connection, table: str, without: Sequence[str]) -> list[tuple[Any, ...]]:
    left_out = f"exclude ({', '.join(without)})" if without else ""
    return connection.execute(f"select * {left_out} from warehouse.{table}").fetchall()


def _unexplained(connection: Connection, source: str) -> list[tuple[Any, ...]]:
    """Return loads whose rows are not those of raw, and rows of raw that no load knows."""
    return connection.execute(
        "select load_id, loads.rows_received, loads.rows_new, landed.rows"
        " from (select * from warehouse.run.loads where source = $source) as loads"
        f" full join (select load_id, count(*) as rows from warehouse.raw.{source} group by all)"
        " as landed using (load_id)"
        " where loads.rows_new is distinct from coalesce(landed.rows, 0)"
        " or loads.rows_received < loads.rows_new",
        {"source": source},
    ).fetchall()


def _problems(failure: TollbookError) -> list[str]:
    """The single problems of a message, which may gather those of several jobs or tables."""
    lines = str(failure).splitlines()
    return lines[1:] if lines[0].endswith("jobs failed:") else lines
