"""When months are learned from, and which days that touches."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from attribution.recipes import RECIPES
from attribution.staged_tenant import stage_tenant
from attribution.tenant import draw_tenant

from jobs.ingestion import Run
from jobs.pipeline import build_and_publish, open_run
from models.calibration_fits import days_of_window, read_fit
from models.clock import Clock
from models.publication import Manifest
from models.settings import Settings
from models.warehouse import mark_dirty

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Four days of October, staged; it is the eighth."""
    tenant = draw_tenant(replace(RECIPES["base-20"], users=20, days=4), 3)
    clock = Clock(stage_tenant(tmp_path, tenant))
    settings = Settings(data_dir=tmp_path, seeds_dir=tmp_path / "seeds")
    with open_run(settings, clock) as connection:
        yield Run(connection, settings, clock, lambda *_: None)


def _fits(run: Run) -> list[tuple[int, date, date, bool]]:
    return run.connection.execute(
        "select fit_id, first_day, last_day, is_final from warehouse.calibration.fits order by 1"
    ).fetchall()


def _rebuilt(before: Manifest, after: Manifest) -> set[str]:
    return {day for day in after.days if after.days[day] != before.days.get(day)}


def test_an_open_month_is_learned_from_the_days_before(run: Run) -> None:
    manifest = build_and_publish(run)
    today = run.clock.now().date()
    ((fit_id, first_day, last_day, is_final),) = _fits(run)
    assert (last_day, is_final) == (today, False)
    assert (last_day - first_day).days == 30
    used = days_of_window(run.connection, FIRST, LAST)
    assert used == dict.fromkeys(map(date.fromisoformat, manifest.days), fit_id)
    assert read_fit(run.connection, fit_id).is_firm


def test_a_day_keeps_what_it_was_built_with(run: Run) -> None:
    first = build_and_publish(run)
    run.clock.move(run.clock.now().replace(day=20))
    mark_dirty(run.connection, [date(2026, 10, 2)], "gateway_log")
    second = build_and_publish(run)
    assert _rebuilt(first, second) == {"2026-10-02"}
    assert len(_fits(run)) == 1


def test_a_month_that_is_over_teaches_its_own_days_once(run: Run) -> None:
    first = build_and_publish(run)
    # Late rows may still come for two days.
    run.clock.move(datetime(2026, 11, 2, 23, tzinfo=UTC))
    second = build_and_publish(run)
    assert _rebuilt(first, second) == set()
    run.clock.move(datetime(2026, 11, 3, tzinfo=UTC))
    third = build_and_publish(run)
    assert _rebuilt(second, third) == set(first.days)
    assert _fits(run)[-1][1:] == (FIRST, LAST, True)
    mark_dirty(run.connection, [date(2026, 10, 3)], "gateway_log")
    fourth = build_and_publish(run)
    assert _rebuilt(third, fourth) == {"2026-10-03"}
    assert len(_fits(run)) == 2


def test_without_metrics_nothing_is_learned(run: Run) -> None:
    run.connection.execute("delete from warehouse.staging.metric_points")
    manifest = build_and_publish(run)
    assert manifest.days
    assert not _fits(run)
    assert not days_of_window(run.connection, FIRST, LAST)
