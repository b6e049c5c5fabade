"""Platform metrics through the real client: complete, minute by minute, and corrected."""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_rows import Books, open_books, rows_of
from scripted_service import Asked, Reply, scripted_service
from tiny_workspace import FOUNDRY, GATEWAY, write_workspace

from ingest import landing, metric_question, platform_metrics
from ingest.platform_metrics import load_platform_metrics
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from ingest.source import PLATFORM_METRICS
from ingest.windows import covered
from models.clock import Clock
from models.errors import SettingsError, SourceError
from models.settings import Settings

Line = dict[str, Any]

START = datetime(2026, 10, 1, 10, tzinfo=UTC)
NOW = datetime(2026, 10, 3, tzinfo=UTC)
LATER = datetime(2026, 10, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FOUNDRY_TYPE = "Microsoft.CognitiveServices/accounts"
GATEWAY_TYPE = "Microsoft.ApiManagement/service"
TOKENS = ("InputTokens", "OutputTokens")
CACHE = ("cacheReadInputTokens", "ephemeral5mInputTokens", "ephemeral1hInputTokens")


def point(metric: str, minute: int, total: float, /, **more: Any) -> Line:
    return {
        "resource_id": FOUNDRY,
        "namespace": FOUNDRY_TYPE,
        "metric": metric,
        "time": (START + minute * MINUTE).isoformat().replace("+00:00", "Z"),
        "time_grain": "PT1M",
        "dimensions": {},
        "total": total,
    } | more


def dimensions(deployment: int, **more: str) -> Line:
    return {
        "ModelDeploymentName": f"Deployment-{deployment}",
        "ModelName": "claude-opus-5",
        "ModelVersion": "1",
        "ApiName": "messages" if deployment % 2 else "other",
    } | more


def traffic() -> Iterator[Line]:
    """30 deployments, of which no two hours have the same; more series than any default gives."""
    chance = random.Random(11)  # noqa: S311 (test data)
    for minute in range(0, 120, 7):
        for deployment in range(30):
            for metric in TOKENS:
                total = chance.randrange(100_000)
                yield point(metric, minute, total, dimensions=dimensions(deployment))
            for metric in CACHE:
                split = dimensions(deployment, ContextLength=chance.choice(("short", "long")))
                yield point(metric, minute, chance.randrange(1_000), dimensions=split)
            status = chance.choice(("200", "429"))
            split = dimensions(deployment, StatusCode=status, StreamType=chance.choice("ab"))
            yield point("ModelRequests", minute, chance.randrange(20), dimensions=split)


CORRECTED = dimensions(0)
CORRECTIONS = [
    point("InputTokens", 500, 5, dimensions=CORRECTED),
    point("InputTokens", 501, 6, dimensions=CORRECTED),
    point("InputTokens", 500, 55, dimensions=CORRECTED, available_at="2026-10-04T00:00:00Z"),
    point("InputTokens", 501, 0, dimensions=CORRECTED, available_at="2026-10-04T00:00:00Z"),
    point("InputTokens", 502, 7, dimensions=CORRECTED, available_at="2026-10-04T00:00:00Z"),
]
GATEWAY_POINTS = [
    *(
        point("Capacity", minute, 12.25 * minute, resource_id=GATEWAY, namespace=GATEWAY_TYPE)
        for minute in range(4)
    ),
    *(
        point(
            "Requests", minute, 10 + number, resource_id=GATEWAY, namespace=GATEWAY_TYPE,
            dimensions={"GatewayResponseCodeCategory": category, "Location": place},
        )
        for minute in range(3)
        for number, (category, place) in enumerate([("2xx", "a"), ("4xx", "a"), ("2xx", "b")])
    ),
]  # fmt: skip
TRAFFIC = list(traffic())


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    files = {
        "metrics/foundry.jsonl": [*TRAFFIC, *CORRECTIONS],
        "metrics/gateway.jsonl": GATEWAY_POINTS,
    }
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), files)
    with sandbox_process(folder) as url:
        yield url


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


@pytest.fixture
def sandbox(recorded: str) -> Iterator[str]:
    yield recorded
    with SandboxControl(recorded) as control:
        control.move_clock(NOW)


def settings_for(url: str, books: Books, **changes: Any) -> Settings:
    given = {
        "data_dir": books.folder / "data",
        "metrics_endpoint": url,
        "foundry_resource_ids": (FOUNDRY,),
        "allow_loopback_http": True,
        "history_from": START,
        "retry_wait_seconds": 0.01,
        "retry_attempts": 2,
    }
    return Settings(**(given | changes))


def points(books: Books) -> list[Line]:
    return rows_of(books.connection, "from warehouse.staging.metric_points")


def sums(rows: Sequence[Line], *names: str) -> dict[tuple[Any, ...], Decimal]:
    found: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for row in rows:
        found[tuple(row[name] for name in names)] += row["value"]
    return found


def expected(lines: Sequence[Line], **split_by: str) -> dict[tuple[Any, ...], Decimal]:
    """Add recorded lines up by metric, minute and the dimensions named, by hand."""
    found: dict[tuple[Any, ...], Decimal] = defaultdict(Decimal)
    for line in lines:
        if line["total"]:
            time = datetime.fromisoformat(line["time"]).replace(tzinfo=None)
            split = (line["dimensions"].get(name) for name in split_by.values())
            found[line["metric"], time, *split] += line["total"]
    return found


def test_every_series_of_every_minute_is_there(sandbox: str, books: Books) -> None:
    window = (START, START + timedelta(hours=2))
    settings = settings_for(sandbox, books)
    landed = load_platform_metrics(books.connection, settings, Clock(NOW), asked=window)
    rows = points(books)
    assert landed.rows_received == landed.rows_new == len(rows) > 1_000
    assert sums(rows, "metric", "point_time", "deployment") == expected(
        TRAFFIC, deployment="ModelDeploymentName"
    )
    requests = [row for row in rows if row["metric"] == "ModelRequests"]
    assert sums(requests, "metric", "point_time", "status_code") == expected(
        [line for line in TRAFFIC if line["metric"] == "ModelRequests"], status="StatusCode"
    )
    first = next(row for row in rows if row["metric"] == CACHE[0])
    assert json.loads(first["dimensions"]).keys() == {
        "contextlength", "modeldeploymentname", "modelname", "modelversion"
    }  # fmt: skip
    assert {row["resource_id"] for row in rows} == {FOUNDRY.lower()}
    assert {row["aggregation"] for row in rows} == {"Total"}
    assert len({row["item_id"] for row in rows}) == len(rows)
    assert covered(books.connection, PLATFORM_METRICS.name, FOUNDRY.lower()) == [window]


def test_a_corrected_point_replaces_the_one_known_and_nothing_falls_to_zero(
    sandbox: str, books: Books
) -> None:
    window = (START + 480 * MINUTE, START + 510 * MINUTE)
    settings = settings_for(sandbox, books)

    def load(now: datetime) -> tuple[int, int]:
        with SandboxControl(sandbox) as control:
            control.move_clock(now)
        landed = load_platform_metrics(
            books.connection, settings, Clock(now), asked=window, again=True
        )
        return landed.rows_received, landed.rows_new

    assert load(NOW) == (2, 2)
    assert load(NOW) == (2, 0)
    assert load(LATER) == (2, 2)
    assert load(LATER) == (2, 0)
    by_minute = {row["point_time"].minute: row["value"] for row in points(books)}
    assert by_minute == {20: 55, 21: 6, 22: 7}
    raw = rows_of(books.connection, "from warehouse.raw.platform_metrics")
    assert sorted(int(row["value"]) for row in raw) == [5, 6, 7, 55]
    assert load(NOW) == (2, 1)
    assert {row["point_time"].minute: row["value"] for row in points(books)} == {
        20: 5,
        21: 6,
        22: 7,
    }


def test_a_gateway_has_gauges_and_requests(sandbox: str, books: Books) -> None:
    settings = settings_for(
        sandbox, books, foundry_resource_ids=(), apim_resource_ids=(f"eastus2={GATEWAY}",)
    )
    load_platform_metrics(books.connection, settings, Clock(NOW), asked=(START, START + 9 * MINUTE))
    rows = points(books)
    gauges = [row for row in rows if row["aggregation"] == "Average"]
    assert {(row["metric"], row["value"]) for row in gauges} == {
        ("Capacity", Decimal(text)) for text in ("12.25", "24.5", "36.75")
    }
    requests = [row for row in rows if row["metric"] == "Requests"]
    assert sums(requests, "status_code") == {("2xx",): 3 * (10 + 12), ("4xx",): 3 * 11}


def test_only_what_is_owed_is_asked_for_in_whole_minutes(books: Books) -> None:
    with scripted_service(lambda asked: Reply(answer(asked))) as (url, asked):
        settings = settings_for(url, books, look_back_hours=1)
        clock = Clock(START + timedelta(days=2, minutes=30, seconds=20))
        seen: list[tuple[str, int, int]] = []
        load_platform_metrics(books.connection, settings, clock, lambda *step: seen.append(step))
        spans = sorted({(one.options["starttime"], one.options["endtime"]) for one in asked})
        assert spans == [
            ("2026-10-01T10:00:00.000Z", "2026-10-02T10:00:00.000Z"),
            ("2026-10-02T10:00:00.000Z", "2026-10-03T10:00:00.000Z"),
            ("2026-10-03T10:00:00.000Z", "2026-10-03T10:30:00.000Z"),
        ]
        assert len(asked) == 9
        assert {one.options.get("top") for one in asked} == {str(metric_question.MOST_SERIES)}
        assert seen[-1] == ("platform metrics (hours)", 48, 48)
        asked.clear()
        clock.move(clock.now() + timedelta(minutes=10))
        load_platform_metrics(books.connection, settings, clock)
        assert {one.options["starttime"] for one in asked} == {"2026-10-03T09:30:00.000Z"}
        # Longer ago than the service keeps anything: not asked.
        asked.clear()
        old = (START - timedelta(days=400), START - timedelta(days=300))
        load_platform_metrics(books.connection, settings, clock, asked=old, again=True)
        assert asked == []


# --- answers that are cut -------------------------------------------------------------------------


def most_series(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(metric_question, "MOST_SERIES", number)
    monkeypatch.setattr(platform_metrics, "MOST_SERIES", number)


def test_a_cut_answer_is_asked_for_again_in_halves(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, books: Books
) -> None:
    lines = [
        point(metric, 10 * deployment, 1 + deployment, dimensions=dimensions(deployment))
        for deployment in range(12)
        for metric in TOKENS
    ]
    most_series(monkeypatch, 5)
    window = (START, START + 120 * MINUTE)
    folder = write_workspace(tmp_path / "recorded", {"metrics/m.jsonl": lines})
    with sandbox_process(folder) as url:
        settings = settings_for(url, books)
        load_platform_metrics(books.connection, settings, Clock(NOW), asked=window)
        assert sums(points(books), "metric", "point_time", "deployment") == expected(
            lines, deployment="ModelDeploymentName"
        )
        assert covered(books.connection, PLATFORM_METRICS.name, FOUNDRY.lower()) == [window]


def test_a_minute_with_too_many_series_is_an_error_and_lands_nothing(
    monkeypatch: pytest.MonkeyPatch, sandbox: str, books: Books
) -> None:
    most_series(monkeypatch, 25)
    settings = settings_for(sandbox, books)
    with pytest.raises(SourceError, match=r"25 series or more in the minute 2026-10-01T10:00:00Z"):
        load_platform_metrics(
            books.connection, settings, Clock(NOW), asked=(START, START + 4 * MINUTE)
        )
    assert rows_of(books.connection, "from warehouse.run.loads") == []


# --- a service that misbehaves --------------------------------------------------------------------


def series(deployment: str, *data: Mapping[str, Any]) -> Line:
    names = {"modeldeploymentname": deployment, "modelname": "m", "modelversion": ""}
    return {
        "metadatavalues": [
            {"name": {"value": name, "localizedValue": name}, "value": value}
            for name, value in names.items()
        ],
        "data": list(data),
    }


def answer(
    asked: Asked, found: Mapping[str, Sequence[Line]] | None = None, **changes: Any
) -> bytes:
    """What the service sends for the metrics asked for; `found` has the series of some."""
    metrics = [
        {"name": {"value": name}, "errorCode": "Success", "timeseries": (found or {}).get(name, [])}
        for name in asked.options["metricnames"].split(",")
    ]
    resource = json.loads(asked.body)["resourceids"][0]
    value = {"resourceid": resource, "namespace": FOUNDRY_TYPE, "value": metrics}
    return json.dumps({"values": [value | changes]}).encode()


def load(books: Books, script: Any, **changes: Any) -> int:
    with scripted_service(script) as (url, asked):
        settings = settings_for(url, books, **changes)
        load_platform_metrics(
            books.connection, settings, Clock(NOW), asked=(START, START + 9 * MINUTE), again=True
        )
        return len(asked)


REFUSALS = [
    (Reply(b"{}", 401), r"status 401: grant .* the role Monitoring Reader"),
    (Reply(b"{}", 403), r"status 403: grant .* the role Monitoring Reader"),
    (Reply(b"{}", 404), r"status 404: the resource is gone.*TOLLBOOK_FOUNDRY_RESOURCE_IDS"),
    (Reply(b"{}", 400), r"status 400: check the resource id and its region"),
    (Reply(b"", 429), r"status 429: the next run asks again"),
    (Reply(b"", 503), r"status 503: the next run asks again"),
    (Reply(b"", 204), r"sent no answer: .* the next run asks again"),
    (Reply(b""), r"sent no answer: .* the next run asks again"),
    (Reply(b"<html>"), r"sent no answer: .* the next run asks again"),
    (Reply(b"{}"), r"sent no answer: .* the next run asks again"),
    (Reply(b'{"values": 7}'), r"sent no answer: .* the next run asks again"),
    (Reply(b'"text"'), r"sent no answer: .* the next run asks again"),
    (Reply(b'{"values": [', cut=True), r"did not answer \(.*TOLLBOOK_METRICS_ENDPOINT"),
]


@pytest.mark.parametrize(("reply", "says"), REFUSALS)
def test_a_refusal_says_what_to_do_and_lands_nothing(books: Books, reply: Reply, says: str) -> None:
    # Also when it comes after good answers to the questions before.
    def script(asked: Asked) -> Reply:
        return reply if asked.options["metricnames"] == "ModelRequests" else Reply(answer(asked))

    with pytest.raises(SourceError, match=says) as raised:
        load(books, script)
    assert "Bearer" not in str(raised.value)
    assert rows_of(books.connection, "from warehouse.run.loads") == []
    assert rows_of(books.connection, "from warehouse.raw.platform_metrics") == []


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda asked: answer(asked, resourceid="/subscriptions/s/other"), "not asked for"),
        (lambda asked: answer(asked, value=[]), "metrics are missing"),
        (
            lambda asked: answer(asked).replace(b'"Success"', b'"InternalError"'),
            "failed in the service",
        ),
    ],
)
def test_an_answer_to_another_question_is_none(
    books: Books, make: Callable[[Asked], bytes], says: str
) -> None:
    with pytest.raises(SourceError, match=says):
        load(books, lambda asked: Reply(make(asked)))


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}])
def test_a_failure_that_may_pass_is_asked_again(books: Books, headers: dict[str, str]) -> None:
    replies = iter([Reply(b"", 429, headers), Reply(b"<html>", 502), Reply(b"")])
    assert load(books, lambda asked: next(replies, Reply(answer(asked))), retry_attempts=4) == 6


def test_odd_points_are_read_and_unreadable_ones_are_no_points(books: Books) -> None:
    def at(minute: int, total: Any) -> Line:
        return {"timeStamp": f"2026-10-01T10:0{minute}:00Z", "total": total}

    found = {
        "InputTokens": [
            series("a", at(5, 5.5), at(1, "12"), at(2, "NaN"), at(3, None), at(4, 0), at(6, -1)),
            series("a", at(5, 4)),
            series("b", {"timeStamp": "soon", "total": 1}, at(0, 2**53), {"total": 1}),
        ]
    }
    load(books, lambda asked: Reply(answer(asked, found)))
    rows = points(books)
    assert {(row["deployment"], row["point_time"].minute, row["value"]) for row in rows} == {
        ("a", 5, Decimal("5.5")),
        ("a", 1, 12),
        ("b", 0, 2**53),
    }  # fmt: skip
    # A zero and a gap later on change nothing; a dimension without a value is like none at all.
    again = {"InputTokens": [series("a", at(5, 0)), series("b")]}
    load(books, lambda asked: Reply(answer(asked, again)))
    assert len(points(books)) == 3
    load(books, lambda asked: Reply(json.dumps(answer(asked, found).decode()).encode()))
    assert len(rows_of(books.connection, "from warehouse.raw.platform_metrics")) == 3


def test_an_answer_of_many_lines_survives_being_landed_in_pieces(
    monkeypatch: pytest.MonkeyPatch, books: Books
) -> None:
    monkeypatch.setattr(landing, "_PIECE_BYTES", 100)
    data = [{"timeStamp": f"2026-10-01T10:0{n}:00Z", "total": n} for n in range(1, 9)]

    def script(asked: Asked) -> Reply:
        metrics = asked.options["metricnames"].split(",")
        body = json.loads(answer(asked, {name: [series("a", *data)] for name in metrics}))
        return Reply(json.dumps(body, indent=2).replace("\n", "\r\n").encode())

    load(books, script)
    assert len(points(books)) == 8 * 6
    assert len(rows_of(books.connection, "from warehouse.run.loads")) == 1


def test_a_metric_the_resource_lacks_is_left_out(books: Books) -> None:
    lacking = "cpupercent_gateway", "memorypercent_gateway"

    def script(asked: Asked) -> Reply:
        names = asked.options["metricnames"].lower().split(",")
        if unknown := [name for name in names if name in lacking]:
            text = f"Failed to find metric configuration for provider: P, metric: {unknown[0]}"
            return Reply(json.dumps({"error": {"message": text}}).encode(), 400)
        found = [{"metadatavalues": [], "data": [{"timeStamp": "2026-10-01T10:00Z", "average": 7}]}]
        return Reply(answer(asked, {"Capacity": found}))

    resources = {"foundry_resource_ids": (), "apim_resource_ids": (GATEWAY,)}
    # all three, Capacity, the other two, each of them; and the requests
    assert load(books, script, **resources) == 6
    assert [(row["metric"], row["value"]) for row in points(books)] == [("Capacity", 7)]


def test_a_resource_that_lacks_every_metric_is_an_error(books: Books) -> None:
    reply = Reply(b'{"error": {"message": "Failed to find metric configuration"}}', 400)
    with pytest.raises(SourceError, match=r"none of the metrics .* check"):
        load(books, [reply])


def test_a_resource_that_fails_does_not_keep_the_others_from_being_read(books: Books) -> None:
    def script(asked: Asked) -> Reply:
        is_gone = b"/accounts/gone" in asked.body
        return Reply(b"{}", 404) if is_gone else Reply(answer(asked))

    gone = FOUNDRY.replace("/accounts/claude", "/accounts/gone")
    with pytest.raises(SourceError, match="accounts/gone"):
        load(books, script, foundry_resource_ids=(gone, FOUNDRY))
    loads = rows_of(books.connection, "select origin from warehouse.run.loads")
    assert loads == [{"origin": FOUNDRY.lower()}]


@pytest.mark.parametrize(
    ("entry", "endpoint", "says"),
    [
        (FOUNDRY, "https://{region}.metrics.example", r"names no region: write it as\s+region="),
        (GATEWAY, "https://metrics.example", r"is no Microsoft.CognitiveServices/accounts"),
        ("claude", "https://metrics.example", r"write each as region=/subscriptions/"),
        (f"{FOUNDRY}={FOUNDRY}", "https://metrics.example", r"write each as region="),
    ],
)
def test_an_entry_that_cannot_be_read_is_named(
    books: Books, entry: str, endpoint: str, says: str
) -> None:
    settings = settings_for(endpoint, books, foundry_resource_ids=(entry,))
    with pytest.raises(SettingsError, match=f"TOLLBOOK_FOUNDRY_RESOURCE_IDS: .*{says}"):
        load_platform_metrics(books.connection, settings, Clock(NOW))


def test_nothing_is_asked_where_no_resource_is_set(books: Books) -> None:
    settings = settings_for("https://nowhere.invalid", books, foundry_resource_ids=())
    assert load_platform_metrics(books.connection, settings, Clock(NOW)).rows_received == 0
