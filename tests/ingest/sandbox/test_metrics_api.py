import json
import random
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.policies import HeadersPolicy, SansIOHTTPPolicy
from azure.monitor.querymetrics import MetricsClient
from tiny_workspace import FOUNDRY, GATEWAY, write_workspace

from ingest.sandbox.process import sandbox_process

FOUNDRY_METRICS = "Microsoft.CognitiveServices/accounts"
GATEWAY_METRICS = "Microsoft.ApiManagement/service"
START = datetime(2026, 10, 1, 10, tzinfo=UTC)
NOW = datetime(2026, 10, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FILE = "metrics/foundry.jsonl"
DEPLOYMENTS = [f"deployment-{number:02}" for number in range(12)]
SPLIT = "ModelDeploymentName eq '*'"
TWO_DEPLOYMENTS = "modeldeploymentname eq 'deployment-03' or ModelDeploymentName eq 'deployment-04'"
BEARER = {"Authorization": "Bearer any"}


def point(metric, minute, total, **more):
    return {
        "resource_id": FOUNDRY,
        "namespace": FOUNDRY_METRICS,
        "metric": metric,
        "time": (START + minute * MINUTE).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time_grain": "PT1M",
        "total": total,
        **more,
    }


def dimensions(deployment, version="1"):
    return {
        "ModelDeploymentName": deployment,
        "ModelName": f"model of {deployment}",
        "ModelVersion": version,
    }


def random_points():
    chance = random.Random(7)  # noqa: S311 (test data)
    for minute in range(90):
        for deployment in DEPLOYMENTS:
            for metric in ("InputTokens", "ModelRequests"):
                for version in ("1", "2"):
                    if chance.random() < 0.3:
                        total = chance.randrange(10_000)
                        yield point(
                            metric, minute, total, dimensions=dimensions(deployment, version)
                        )
    later = {"available_at": "2026-10-02T12:00:00Z"}
    yield point("InputTokens", 3, 77, dimensions=dimensions("deployment-00"), **later)
    # The same minute twice more: what became visible last holds, whatever the order of lines.
    again = dimensions("deployment-01")
    yield point("InputTokens", 4, 900, dimensions=again, available_at="2026-10-02T14:00:00Z")
    yield point("InputTokens", 4, 800, dimensions=again, available_at="2026-10-02T13:00:00Z")


POINTS = list(random_points())
CAPACITY = [
    point("Capacity", minute, 12.5 * minute, resource_id=GATEWAY, namespace=GATEWAY_METRICS)
    for minute in range(10)
]
BROKEN = [
    "{broken",
    point("InputTokens", 0, "many"),
    point("InputTokens", 0, 1, time="2026-10-01"),
    point("InputTokens", 0, 1, time_grain="PT7M"),
    point("InputTokens", 0, 1, available_at="soon"),
    point("InputTokens", 0, 1, dimensions=["deployment-00"]),
    point("InputTokens", 0, 1, resource_id=None),
    json.dumps(point("InputTokens", 0, 1)).replace('"total": 1', '"total": 1e999'),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    files = {FILE: [*POINTS, *BROKEN], "metrics/gateway.jsonl.gz": CAPACITY}
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), files)
    with sandbox_process(folder) as url:
        header = HeadersPolicy(base_headers=BEARER)
        with MetricsClient(url, object(), authentication_policy=header) as client:
            yield SimpleNamespace(url=url, client=client)


@pytest.fixture
def clock(server):
    yield lambda now: httpx.post(f"{server.url}/sandbox/clock", json={"now": now.isoformat()})
    httpx.post(f"{server.url}/sandbox/clock", json={"now": NOW.isoformat()}).raise_for_status()


@pytest.fixture
def ask(server):
    def query(*names, **more):
        given = {
            "resource_ids": [FOUNDRY],
            "metric_namespace": FOUNDRY_METRICS,
            "timespan": (START, START + 90 * MINUTE),
            "granularity": MINUTE,
            "aggregations": ["Total"],
            "max_results": 1000,
            **more,
        }
        results = server.client.query_resources(metric_names=list(names), **given)
        return results[0].metrics if len(given["resource_ids"]) == 1 else results

    return query


def available_at(line):
    given = line.get("available_at")
    if given:
        return datetime.fromisoformat(given)
    return datetime.fromisoformat(line["time"]) + 3 * MINUTE


def expected(metric, names, grain=MINUTE, now=NOW, span=(START, START + 90 * MINUTE), **only):
    """{values of `names`: {start of interval: the points in it}}, worked out point by point."""
    held = {}
    for line in sorted((one for one in POINTS if available_at(one) <= now), key=available_at):
        key = (line["metric"], line["time"], json.dumps(line["dimensions"]))
        held[key] = line
    found = defaultdict(lambda: defaultdict(list))
    for line in held.values():
        moment = datetime.fromisoformat(line["time"])
        matches = all(line["dimensions"][name] in values for name, values in only.items())
        if line["metric"] == metric and span[0] <= moment < span[1] and matches:
            start = span[0] + (moment - span[0]) // grain * grain
            found[tuple(line["dimensions"][name] for name in names)][start].append(line["total"])
    return {key: dict(intervals) for key, intervals in found.items()}


def totals(metric, names=()):
    """{values of the dimensions: {interval: total}} of an answer, empty intervals left out."""
    return {
        tuple(series.metadata_values[name.lower()] for name in names): {
            value.timestamp: value.total for value in series.data if value.total is not None
        }
        for series in metric.timeseries
    }


def summed(found):
    return {
        key: {start: sum(values) for start, values in intervals.items()}
        for key, intervals in found.items()
    }


def test_without_a_filter_there_is_one_series_over_everything(ask):
    metrics = ask("InputTokens", "ModelRequests")
    assert [metric.name for metric in metrics] == ["InputTokens", "ModelRequests"]
    for metric in metrics:
        assert totals(metric) == summed(expected(metric.name, ()))
        assert metric.unit == "Count"
        assert [value.timestamp for value in metric.timeseries[0].data] == [
            START + minute * MINUTE for minute in range(90)
        ]


@pytest.mark.parametrize(
    "names",
    [("ModelDeploymentName",), ("ModelVersion",), ("ModelDeploymentName", "ModelVersion")],
)
def test_a_filter_splits_by_the_dimensions_it_names(ask, names):
    text = " and ".join(f"{name} eq '*'" for name in names)
    (metric,) = ask("InputTokens", filter=text)
    assert totals(metric, names) == summed(expected("InputTokens", names))


@pytest.mark.parametrize(
    "text",
    [
        f"{TWO_DEPLOYMENTS} and ModelVersion eq '2'",
        f"ModelVersion eq '2' and ({TWO_DEPLOYMENTS})",
    ],
)
def test_a_filter_narrows_by_values(ask, text):
    (metric,) = ask("InputTokens", filter=text)
    names = ("ModelDeploymentName", "ModelVersion")
    wanted = expected(
        "InputTokens",
        names,
        ModelDeploymentName={"deployment-03", "deployment-04"},
        ModelVersion={"2"},
    )
    assert len(wanted) == 2
    assert totals(metric, names) == summed(wanted)


def test_rolled_up_dimensions_narrow_without_splitting(ask):
    text = f"{SPLIT} and ModelVersion eq '2'"
    (metric,) = ask("InputTokens", filter=text, roll_up_by="ModelVersion")
    names = ("ModelDeploymentName",)
    wanted = expected("InputTokens", names, ModelVersion={"2"})
    assert totals(metric, names) == summed(wanted)
    assert set(metric.timeseries[0].metadata_values) == {"modeldeploymentname"}


def test_ten_series_are_the_default_and_the_rest_is_dropped_in_silence(ask):
    (metric,) = ask("InputTokens", filter=SPLIT, max_results=None)
    over_span = {
        key: sum(map(sum, intervals.values()))
        for key, intervals in expected("InputTokens", ("ModelDeploymentName",)).items()
    }
    largest = sorted(over_span, key=lambda key: -over_span[key])
    assert len(largest) == 12
    assert list(totals(metric, ("ModelDeploymentName",))) == largest[:10]
    (metric,) = ask("InputTokens", filter=SPLIT, max_results=3, order_by="sum asc")
    assert list(totals(metric, ("ModelDeploymentName",))) == largest[::-1][:3]


@pytest.mark.parametrize(
    "grain",
    [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 360, 720, 1440)],
)
def test_every_aggregation_at_every_grain(ask, grain):
    # Intervals start where the span does, not at the full hour.
    span = (START + 7 * MINUTE, START + 90 * MINUTE)
    (metric,) = ask(
        "InputTokens",
        timespan=span,
        granularity=grain,
        filter=SPLIT,
        aggregations=["Total", "Average", "Minimum", "Maximum", "Count"],
    )
    wanted = expected("InputTokens", ("ModelDeploymentName",), grain, span=span)
    assert len(metric.timeseries) == len(wanted) == 12
    for series in metric.timeseries:
        intervals = wanted[(series.metadata_values["modeldeploymentname"],)]
        assert len(series.data) == -(-(span[1] - span[0]) // grain)
        for value in series.data:
            points = intervals.get(value.timestamp)
            found = (value.total, value.minimum, value.maximum, value.count, value.average)
            if points is None:
                assert found == (None,) * 5
            else:
                total = sum(points)
                assert found[:4] == (total, min(points), max(points), len(points))
                assert found[4] == pytest.approx(total / len(points), rel=1e-12)


@pytest.mark.parametrize(
    "now",
    [
        START + 30 * MINUTE,
        START + 30 * MINUTE + timedelta(seconds=30),
        datetime(2026, 10, 2, 12, tzinfo=UTC),
        datetime(2026, 10, 2, 13, 30, tzinfo=UTC),
        datetime(2026, 10, 2, 14, tzinfo=UTC),
    ],
)
def test_a_point_is_there_from_the_moment_it_became_available(ask, clock, now):
    clock(now)
    (metric,) = ask("InputTokens", filter=SPLIT)
    names = ("ModelDeploymentName",)
    wanted = expected("InputTokens", names, now=now)
    assert totals(metric, names) == summed(wanted)


def test_of_a_point_given_twice_the_later_available_one_holds(ask, clock):
    text = "ModelDeploymentName eq 'deployment-01' and ModelVersion eq '1'"
    seen = {}
    for hour in (13, 14):
        clock(datetime(2026, 10, 2, hour, tzinfo=UTC))
        (metric,) = ask("InputTokens", filter=text)
        seen[hour] = metric.timeseries[0].data[4].total
    assert seen == {13: 800, 14: 900}


def test_gauges_are_averaged_unless_asked_otherwise(ask):
    more = {"resource_ids": [GATEWAY], "metric_namespace": GATEWAY_METRICS}
    span = (START, START + 10 * MINUTE)
    (metric,) = ask("Capacity", aggregations=None, timespan=span, **more)
    assert metric.unit == "Percent"
    data = metric.timeseries[0].data
    assert [value.average for value in data] == [12.5 * minute for minute in range(10)]
    assert {value.total for value in data} == {None}
    (metric,) = ask(
        "Capacity",
        aggregations=["Average", "Maximum"],
        timespan=span,
        granularity=5 * MINUTE,
        **more,
    )
    data = metric.timeseries[0].data
    assert [(value.average, value.maximum) for value in data] == [(25, 50), (87.5, 112.5)]


def test_a_resource_without_points_has_empty_intervals(ask):
    more = {"timespan": (START, START + 3 * MINUTE)}
    (metric,) = ask("OutputTokens", **more)
    assert [value.total for value in metric.timeseries[0].data] == [None] * 3
    (metric,) = ask("OutputTokens", filter=SPLIT, **more)
    assert list(metric.timeseries) == []


def test_the_hour_until_now_is_asked_for_by_default(ask, clock):
    clock(START + 70 * MINUTE)
    (metric,) = ask("InputTokens", timespan=None)
    span = (START + 10 * MINUTE, START + 70 * MINUTE)
    wanted = expected("InputTokens", (), now=START + 70 * MINUTE, span=span)
    assert totals(metric) == summed(wanted)
    assert len(metric.timeseries[0].data) == 60


def test_the_raw_answer_has_azures_shape(server):
    answer = httpx.post(
        f"{server.url}/subscriptions/s/metrics%3AgetBatch",
        params={
            "api-version": "2023-10-01",
            "metricNamespace": FOUNDRY_METRICS.lower(),
            "metricNames": "inputtokens",
            "startTime": "2026-10-01T10:04:00.000Z",
            "endTime": "2026-10-01T10:05:00.000Z",
            "filter": "modelDEPLOYMENTname eq 'deployment-01' and ModelVersion eq '1'",
        },
        json={"resourceids": [FOUNDRY.upper().replace("/SUBSCRIPTIONS/S/", "/subscriptions/s/")]},
        headers=BEARER,
    ).json()["values"][0]
    assert answer["interval"] == "PT1M"
    assert answer["starttime"] == "2026-10-01T10:04:00Z"
    metric = answer["value"][0]
    assert metric["name"]["value"] == "InputTokens"
    assert metric["errorCode"] == "Success"
    assert metric["timeseries"] == [
        {
            "metadatavalues": [
                {"name": {"value": name, "localizedValue": name}, "value": value}
                for name, value in (("modeldeploymentname", "deployment-01"), ("modelversion", "1"))
            ],
            "data": [{"timeStamp": "2026-10-01T10:04:00Z", "total": 900.0}],
        }
    ]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"metric_names": ["Input"]}, "Valid metrics: InputTokens"),
        ({"metric_namespace": "Microsoft.Web/sites"}, "namespace"),
        ({"filter": "Color eq '*'"}, "does not support requested dimension: color"),
        ({"granularity": timedelta(minutes=2)}, "time grain"),
        ({"aggregations": ["Median"]}, "aggregation"),
        ({"filter": "ModelName eq '*' or ModelVersion eq '*'"}, "cannot separate two"),
        ({"filter": "ModelName eq 'x"}, "closing quote"),
        ({"filter": "ModelName ne 'x'"}, "lacks 'eq'"),
        ({"filter": SPLIT, "order_by": "color desc"}, "orderby"),
        ({"filter": SPLIT, "max_results": 0}, "top"),
        ({"timespan": (START, START + timedelta(days=100))}, "93 days"),
    ],
)
def test_what_is_not_understood_is_refused(ask, more, message):
    names = more.pop("metric_names", ["InputTokens"])
    with pytest.raises(HttpResponseError, match=message) as error:
        ask(*names, **more)
    assert error.value.status_code == 400
    assert json.loads(error.value.response.text())["error"]["code"] == "BadRequest"


def test_resources_and_credentials_are_checked(server, ask):
    with pytest.raises(HttpResponseError) as error:
        ask("InputTokens", resource_ids=[FOUNDRY + "2"])
    assert error.value.status_code == 404
    with pytest.raises(HttpResponseError) as error:
        ask("InputTokens", resource_ids=[FOUNDRY.replace("/s/", "/other/")])
    assert error.value.status_code == 403
    bare = MetricsClient(server.url, object(), authentication_policy=SansIOHTTPPolicy())
    with bare, pytest.raises(ClientAuthenticationError):
        bare.query_resources(
            resource_ids=[FOUNDRY], metric_namespace=FOUNDRY_METRICS, metric_names=["InputTokens"]
        )
    version = {"api-version": "2019-01-01"}
    path = f"{server.url}/subscriptions/s/metrics:getBatch"
    assert httpx.post(path, params=version, headers=BEARER).status_code == 400
    assert httpx.post(path, headers=BEARER).json()["error"]["code"] == "MissingApiVersionParameter"


def test_broken_lines_are_reported_with_file_and_line(server):
    shown = httpx.get(f"{server.url}/sandbox/problems").json()
    assert shown["counts"] == {FILE: len(BROKEN)}
    reasons = {problem["line"]: problem["reason"] for problem in shown["problems"]}
    first = len(POINTS) + 1
    assert sorted(reasons) == list(range(first, first + len(BROKEN)))
    for number, name in enumerate(
        (
            "JSON",
            "total",
            "time",
            "time_grain",
            "available_at",
            "dimensions",
            "resource_id",
            "total",
        )
    ):
        assert name in reasons[first + number]


def test_a_day_of_seven_deployments_is_answered_at_once(tmp_path):
    day = datetime(2026, 10, 2, tzinfo=UTC)
    names = ["InputTokens", "OutputTokens", "TotalTokens", "cacheReadInputTokens"]
    names += ["ephemeral5mInputTokens", "ModelRequests"]
    lines = (
        point(
            name,
            minute,
            minute,
            time=(day - timedelta(days=1) + minute * MINUTE).isoformat(),
            dimensions={"ModelDeploymentName": deployment},
        )
        for minute in range(2 * 1440)
        for name in names
        for deployment in DEPLOYMENTS[:7]
    )
    folder = write_workspace(tmp_path, {"metrics/days.jsonl": lines})
    query = {
        "api-version": "2024-02-01",
        "metricnamespace": FOUNDRY_METRICS,
        "metricnames": ",".join(names),
        "starttime": "2026-10-02T00:00:00Z",
        "endtime": "2026-10-03T00:00:00Z",
        "filter": SPLIT,
        "top": "100",
    }
    with sandbox_process(folder) as url:
        httpx.post(f"{url}/sandbox/clock", json={"now": "2026-10-04T00:00:00Z"})
        started = time.perf_counter()
        answer = httpx.post(
            f"{url}/subscriptions/s/metrics:getBatch",
            params=query,
            json={"resourceids": [FOUNDRY]},
            headers=BEARER,
            timeout=60,
        ).json()
        answered_s = time.perf_counter() - started
    values = [
        value["total"]
        for metric in answer["values"][0]["value"]
        for series in metric["timeseries"]
        for value in series["data"]
    ]
    assert values == [1440 + minute for minute in range(1440)] * 42
    # Measured at 0.3 s; a busy machine must not fail it.
    assert answered_s < 3
