"""The log against the platform's own counts: one request more or less decides, as documented."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from core_rows import ACCOUNT, NOW, Books, Row, gateway, land_rows, llm, oid, open_books

from ingest.source import APP_METRICS
from models.clock import Clock
from models.finding import DoctorFinding
from models.published_findings import published_findings

_GATEWAY = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ApiManagement/service/front"
_ASKED = {
    "gap_hours", "log_sampled", "metrics_missing", "outside_gateway", "metric_values_dropped",
}  # fmt: skip
_NUMBERS = count(1)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def requests(wanted: int, at: str, **changes: Any) -> list[Row]:
    """New rows of the gateway's log that end in the hour of `at`."""
    return [gateway(next(_NUMBERS), at, resource_id=_GATEWAY, **changes) for _ in range(wanted)]


def counted(
    books: Books, metric: str, at: str, value: int, account: str = "one", model: str | None = None
) -> None:
    """Store a point of a platform metric as staging has it."""
    foundry = metric == "ModelRequests"
    resource = f"{ACCOUNT}/{account}" if foundry else _GATEWAY
    moment = datetime.fromisoformat(at).replace(tzinfo=None)
    books.connection.execute(
        "insert into warehouse.staging.metric_points by name select"
        " 0 as load_id, ? as item_id, ? as ingested_at, ? as point_time, ? as resource_id,"
        " 'n' as namespace, ? as metric, 'Total' as aggregation, '{}' as dimensions, ? as value,"
        " ?::date as day_key, ? as model_name",
        [f"{metric}{at}{account}{model}", moment, moment, resource, metric, value, moment, model],
    )


def found_in(books: Books, *days: str) -> dict[str, DoctorFinding]:
    """Publish, some further days too, and return the findings about counts, by check."""
    for day in days:
        books.connection.execute(
            "insert into warehouse.run.dirty_days values (?, 'test')", [date.fromisoformat(day)]
        )
    books.publish()
    found = published_findings(books.publication, Clock(NOW))
    return {finding.check: finding for finding in found if finding.check in _ASKED}


@pytest.mark.parametrize(("platform", "is_gap"), [(10, True), (9, False)])
def test_an_hour_that_only_the_gateway_counted_is_a_gap(
    books: Books, platform: int, *, is_gap: bool
) -> None:
    for hour in ("10", "12"):
        books.land(*requests(4, f"2026-10-05T{hour}:00:00Z"))
        counted(books, "Requests", f"2026-10-05T{hour}:01:00Z", 4)
    counted(books, "Requests", "2026-10-05T11:30:00Z", platform)
    found = found_in(books)
    assert ("gap_hours" in found) == is_gap
    if is_gap:
        gap = found["gap_hours"]
        assert (gap.severity, gap.count) == ("fail", 1)
        assert str(gap.since) == str(gap.last) == "2026-10-05 11:00:00+00:00"


def test_a_day_without_the_log_is_a_gap_as_well(books: Books) -> None:
    books.land(*requests(4, "2026-10-05T10:00:00Z"))
    for hour in range(24):
        counted(books, "Requests", f"2026-10-06T{hour:02}:10:00Z", 50)
    assert found_in(books, "2026-10-06")["gap_hours"].count == 24


@pytest.mark.parametrize(
    ("others", "busy", "is_gap"), [(3, 20, True), (3, 19, False), (2, 20, False)]
)
def test_without_metrics_the_other_weeks_tell_what_is_usual(
    books: Books, others: int, busy: int, *, is_gap: bool
) -> None:
    # Mondays; the second has the hours before and after, and not this one.
    days = ["2026-10-05", "2026-10-19", "2026-10-26"][:others]
    rows = [row for day in days for row in requests(busy, f"{day}T10:00:00Z")]
    rows += requests(1, "2026-10-12T09:00:00Z") + requests(1, "2026-10-12T11:00:00Z")
    books.land(*rows)
    found = found_in(books)
    assert ("gap_hours" in found) == is_gap
    if is_gap:
        assert (found["gap_hours"].count, "usually busy" in found["gap_hours"].text) == (1, True)


def test_a_holiday_that_the_gateway_confirms_is_no_gap(books: Books) -> None:
    days = ["2026-10-05", "2026-10-19", "2026-10-26"]
    rows = [row for day in days for row in requests(30, f"{day}T10:00:00Z")]
    books.land(*rows, *requests(1, "2026-10-12T09:00:00Z"))
    counted(books, "Requests", "2026-10-12T09:00:00Z", 1)
    assert "gap_hours" not in found_in(books)


@pytest.mark.parametrize(
    ("platform", "logged", "is_short"),
    [(100, 90, True), (100, 91, False), (99, 80, False), (600, 588, True), (600, 589, False)],
)
def test_a_log_short_of_the_gateways_count_is_sampled(
    books: Books, platform: int, logged: int, *, is_short: bool
) -> None:
    books.land(*requests(logged, "2026-10-05T10:00:00Z"))
    counted(books, "Requests", "2026-10-05T10:00:00Z", platform)
    found = found_in(books)
    assert ("log_sampled" in found) == is_short
    if is_short:
        assert found["log_sampled"].count == platform - logged


@pytest.mark.parametrize(
    ("platform", "logged", "is_outside"),
    [(40, 30, True), (40, 31, False), (2_400, 2_388, True), (2_420, 2_408, False)],
)
def test_what_foundry_counts_beyond_the_log_came_from_outside(
    books: Books, platform: int, logged: int, *, is_outside: bool
) -> None:
    books.land(*requests(logged, "2026-10-05T10:00:00Z"))
    counted(books, "ModelRequests", "2026-10-05T10:00:00Z", platform)
    found = found_in(books)
    assert ("outside_gateway" in found) == is_outside
    if is_outside:
        assert found["outside_gateway"].count == platform - logged


def test_other_companies_models_on_the_account_are_not_asked_about(books: Books) -> None:
    books.land(*requests(20, "2026-10-05T10:00:00Z"))
    counted(books, "ModelRequests", "2026-10-05T10:00:00Z", 20, model="Claude-Opus-5")
    counted(books, "ModelRequests", "2026-10-05T10:00:00Z", 500, model="gpt-9")
    assert "outside_gateway" not in found_in(books)
    counted(books, "ModelRequests", "2026-10-05T10:00:00Z", 30, model="claude-haiku-4-5")
    assert found_in(books, "2026-10-05")["outside_gateway"].count == 30


def test_refusals_of_foundry_and_token_counts_are_told_apart(books: Books) -> None:
    books.land(
        *requests(20, "2026-10-05T10:00:00Z", response_code=429, backend_response_code=429),
        # Token counts and refusals of the gateway are no requests to a model.
        *requests(20, "2026-10-05T10:00:00Z", url="https://g/claude/v1/messages/count_tokens"),
        *requests(20, "2026-10-05T10:00:00Z", response_code=429, backend_response_code=None),
    )
    counted(books, "ModelRequests", "2026-10-05T10:00:00Z", 20)
    assert "outside_gateway" not in found_in(books)
    counted(books, "ModelRequests", "2026-10-05T10:01:00Z", 10)
    assert found_in(books, "2026-10-05")["outside_gateway"].count == 10


def test_days_with_an_incomplete_log_prove_nothing_about_the_outside(books: Books) -> None:
    books.land(*requests(80, "2026-10-05T10:00:00Z"))
    counted(books, "Requests", "2026-10-05T10:00:00Z", 100)
    counted(books, "ModelRequests", "2026-10-05T10:00:00Z", 100)
    assert found_in(books).keys() == {"log_sampled"}


def test_usage_without_its_gateway_row_is_not_from_outside(books: Books) -> None:
    books.land(*(llm(1_000_000 + number) for number in range(20)))
    books.land(*requests(10, "2026-10-05T10:00:00Z"))
    counted(books, "ModelRequests", "2026-10-05T10:00:00Z", 30)
    assert "outside_gateway" not in found_in(books)


@pytest.mark.parametrize(("reached", "is_missing"), [(5, True), (4, False)])
def test_hours_with_traffic_and_without_metrics(
    books: Books, reached: int, *, is_missing: bool
) -> None:
    books.land(*requests(reached, "2026-10-05T10:00:00Z"), *requests(9, "2026-10-05T12:00:00Z"))
    counted(books, "ModelRequests", "2026-10-05T12:00:00Z", 9)
    found = found_in(books)
    assert ("metrics_missing" in found) == is_missing
    if is_missing:
        assert (found["metrics_missing"].count, str(found["metrics_missing"].since)) == (
            1,
            "2026-10-05 10:00:00+00:00",
        )


def test_the_coverage_says_in_how_many_hours_the_platform_counted(books: Books) -> None:
    books.land(*requests(5, "2026-10-05T10:00:00Z"), *requests(9, "2026-10-05T12:00:00Z"))
    counted(books, "ModelRequests", "2026-10-05T12:00:00Z", 9)
    books.publish()
    found = {one.check: one for one in published_findings(books.publication, Clock(NOW))}
    assert "1 of 2 hours of an account with traffic" in found["coverage"].text


def test_a_request_counts_in_the_hour_its_answer_ended(books: Books) -> None:
    books.land(
        *requests(9, "2026-10-05T23:59:30Z", total_time_ms=60_000),
        *requests(9, "2026-10-05T10:00:00Z"),
    )
    counted(books, "ModelRequests", "2026-10-06T00:00:00Z", 9)
    counted(books, "ModelRequests", "2026-10-05T10:00:00Z", 9)
    assert found_in(books, "2026-10-06") == {}


@pytest.mark.parametrize(
    ("shown", "logged", "is_full"), [(95, 96, True), (95, 95, False), (94, 120, False)]
)
def test_a_full_dimension_drops_callers(
    books: Books, shown: int, logged: int, *, is_full: bool
) -> None:
    rows = [
        row
        for caller in range(logged)
        for row in requests(
            1, "2026-10-05T10:00:00Z", backend_request_headers={"x-caller-oid": oid(caller + 1)}
        )
    ]
    books.land(*rows)
    land_metrics(books, range(shown))
    found = found_in(books)
    assert ("metric_values_dropped" in found) == is_full
    if is_full:
        assert found["metric_values_dropped"].count == logged - shown


def land_metrics(books: Books, callers: Sequence[int]) -> None:
    rows = [
        {
            "ingested_at": "2026-10-05T10:05:00Z",
            "item_id": f"metric-{caller}",
            "resource_id": None,
            "time_generated": "2026-10-05T10:00:00Z",
            "metric": "Prompt Tokens",
            "value_sum": 10,
            "item_count": 1,
            "properties": json.dumps({"oid": oid(caller + 1)}),
        }
        for caller in callers
    ]
    land_rows(books.connection, books.folder, APP_METRICS, rows, clock=books.clock)
