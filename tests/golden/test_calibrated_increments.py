"""Days that are calibrated, rebuilt one by one, are what one build of all of them publishes."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from attribution.recipes import RECIPES
from attribution.staged_tenant import stage_tenant
from attribution.tenant import draw_tenant
from incremental_life import refuse_difference
from published_rows import published_rows

from jobs.ingestion import Run
from jobs.pipeline import build_and_publish, open_run
from models.clock import Clock
from models.settings import Settings
from models.warehouse import NIGHT, mark_dirty
from models.warehouse import run as statement

_TIMES = {
    "raw.gateway_log": "time_generated",
    "raw.llm_log": "time_generated",
    "raw.platform_metrics": "point_time",
    "staging.gateway_requests": "request_time",
    "staging.llm_rows": "row_time",
    "staging.metric_points": "point_time",
}
_MARKING = ("gateway_requests", "llm_rows", "metric_points")
_LATE_LOAD = 999
SPANS = {
    "an evening that goes on after midnight": ("2026-10-02 22:30", "2026-10-03 00:20"),
    "an hour of the afternoon": ("2026-10-02 16:00", "2026-10-02 17:00"),
    "a whole day": ("2026-10-02 00:00", "2026-10-03 00:00"),
    "the first minutes of a day": ("2026-10-03 00:00", "2026-10-03 00:10"),
}


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Clock]:
    """Days of people who work until after midnight, not built yet; their month is not over."""
    folder = tmp_path_factory.mktemp("staged") / "data"
    drawn = draw_tenant(replace(RECIPES["base-20"], users=40, days=4), 3)
    tenant = replace(
        drawn,
        requests=_later(drawn.requests, "started_at"),
        points=_later(drawn.points, "minute"),
    )
    return folder, Clock(stage_tenant(folder, tenant))


def _later(table: pa.Table, column: str) -> pa.Table:
    """People in another part of the world: midnight in UTC is their working day."""
    place = table.schema.get_field_index(column)
    moved = pc.add(table[column], pa.scalar(timedelta(hours=10), pa.duration("us")))
    return table.set_column(place, column, moved)


@pytest.fixture
def run(staged: tuple[Path, Clock], tmp_path: Path) -> Iterator[Run]:
    folder, clock = staged
    shutil.copytree(folder, tmp_path / "data")
    settings = Settings(data_dir=tmp_path / "data", seeds_dir=tmp_path / "data" / "seeds")
    with open_run(settings, clock) as connection:
        yield Run(connection, settings, clock, lambda *_: None)


@pytest.mark.parametrize("span", SPANS.values(), ids=SPANS)
def test_what_comes_late_ends_as_if_it_had_been_in_time(run: Run, span: tuple[str, str]) -> None:
    _hold_back(run, span)
    first = build_and_publish(run)
    _let_come(run)
    second = build_and_publish(run)
    changed = {day for day in second.days if second.days[day] != first.days.get(day)}
    assert changed
    assert len(changed) <= 3, "a late row changes its own day, and the nights around it"
    increment = published_rows(run.settings.publication_dir)
    shutil.rmtree(run.settings.publication_dir)
    build_and_publish(run)
    refuse_difference(increment, published_rows(run.settings.publication_dir))
    kinds = {cell for row in increment["ledger"] for cell in row}
    assert any("calibrated" in cell for cell in kinds)


def _hold_back(run: Run, span: tuple[str, str]) -> None:
    for table, time in _TIMES.items():
        held = table.replace(".", "_")
        where = f"{time} >= timestamp '{span[0]}' and {time} < timestamp '{span[1]}'"
        run.connection.execute(f"create table held_{held} as from warehouse.{table} where {where}")
        run.connection.execute(f"delete from warehouse.{table} where {where}")


def _let_come(run: Run) -> None:
    for table in _TIMES:
        run.connection.execute(
            f"insert into warehouse.{table} select * replace ({_LATE_LOAD} as load_id)"
            f" from held_{table.replace('.', '_')}"
        )
    for name in _MARKING:
        days = statement(run.connection, f"staging/days_of_{name}", load_id=_LATE_LOAD)
        mark_dirty(run.connection, [day for (day,) in days.fetchall()], name)
    nights = statement(run.connection, "staging/nights_of_load", load_id=_LATE_LOAD)
    mark_dirty(run.connection, [day for (day,) in nights.fetchall()], NIGHT)
