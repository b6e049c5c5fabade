"""The forecast report: what is known on a day, held against what the month came to."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from budget_rows import moment
from core_rows import NOW
from written_publication import FIRST, Usage, Written, publish_empty, publish_written

from models.errors import ReportError
from models.forecast_report import forecast_errors
from models.viewer import operator

BEGIN = (moment("2026-07-15").date() - FIRST).days


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """From 15 July on 10 USD a workday in unit 1, and 100 once in unit 2 in September."""
    publication = publish_empty(tmp_path_factory.mktemp("forecasts"))
    usage = [
        Usage(day, 1, 1, Decimal(10))
        for day in range(BEGIN, 20)
        if (FIRST + timedelta(days=day)).weekday() < 5
    ]
    usage.append(Usage(-4, 2, 2, Decimal(100)))
    seen_to = datetime(2026, 10, 21, tzinfo=UTC)
    publish_written(publication, Written(usage), days=20 - BEGIN, first=BEGIN, data_until=seen_to)
    return publication


def test_whole_months_are_tried_with_what_was_known_then(folder: Path) -> None:
    answer = forecast_errors(folder, operator(), month="2026-10", known_at=NOW, by=["unit"])
    found = {(row["month"], row["day_of_month"], row["subject"]): row for row in answer.records()}
    # then July began before the log and October is not over
    assert set(found) == {
        *(("2026-08", day, "U1") for day in (10, 20)),
        *(("2026-09", day, unit) for day in (10, 20) for unit in ("U1", "U2")),
    }
    plain = found["2026-09", 10, "U1"]
    assert (plain["spent_usd"], plain["actual_usd"]) == (80, 220)
    assert abs(plain["error_share"]) < Decimal("0.05")
    assert plain["error_usd"] == plain["forecast_usd"] - 220
    assert plain["in_interval"] == (plain["forecast_low_usd"] <= 220 <= plain["forecast_high_usd"])
    surprise = found["2026-09", 20, "U2"]
    assert (surprise["forecast_usd"], surprise["error_usd"]) == (0, -100)
    assert surprise["in_interval"] is False
    assert surprise["error_share"] == -1


def test_later_days_change_no_earlier_forecast(folder: Path) -> None:
    september, october = (
        forecast_errors(folder, operator(), month=month, known_at=NOW, by=["total"]).records()
        for month in ("2026-09", "2026-10")
    )
    assert september == october
    assert len(september) == 4


def test_one_kind_is_asked_for(folder: Path) -> None:
    for by in ([], ["unit", "total"], ["day"]):
        with pytest.raises(ReportError, match="choose one of total, unit, user, model, group"):
            forecast_errors(folder, operator(), month="2026-10", known_at=NOW, by=by)
