"""The sources beside the gateway's log say what the truth says, and changed none of its bytes."""

import gzip
import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from oracle.charges import true_cost
from recorded_tenant import LLM, Recording, Row, headers, record, trace_metadata

from ingest.sandbox.generator.outcomes import OUTCOME, OUTCOMES
from ingest.sandbox.generator.traps import TRAPS
from ingest.sandbox.generator.usage_records import recorded_answers
from ingest.sandbox.process import sandbox_process

CORRELATION_ID = re.compile(rb'"(?:CorrelationId|correlation_id)":"([^"]+)"')
FOUNDRY = "Microsoft.CognitiveServices/accounts"
GATEWAY = "Microsoft.ApiManagement/service"
TOKENS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
METRICS = dict(
    zip(
        (
            "InputTokens",
            "OutputTokens",
            "cacheReadInputTokens",
            "ephemeral5mInputTokens",
            "ephemeral1hInputTokens",
        ),
        TOKENS,
        strict=True,
    )
)
# What seed 3, 12 users and 10 days gave before the tenant recorded anything else, unpacked; of the
# log and of the truth only the lines of calls that nothing was planted on since.
OLD_CONTENT = """
70a24dd99d5e3d0fe5041e214871f1b9107024328544a772cb072f61bc49c909 graph
52a3e27d4988445615ea2ae2533abaa2345750a22b3e4d54e8c5921f2417f26e seeds/subscriptions.csv
cf3816a9984dff9ee217d7b383c956b4bf4e57e38cd292f4c4ee137748f9fb41 tables/ApiManagementGatewayLogs
6836c08a960622c48ebaf98e09e827b34f29327cb0ca68a45e243d01d48418f4 tables/ApiManagementGatewayLlmLog
235ef3fe520364ee38bdaac0cb23654014daa7ebb130572ef8ac96bc1310ba0a truth/people.jsonl
30d3681a8acdc5f1ee4670bab69169228ff63b7890d41d34c70a747435860296 truth/requests.jsonl.gz
4237afbb24fcc2a14559661523d65ec20c054bd1eb2d30108b200e61dbb23154 workspace.toml
"""
CATEGORIES = {name: f"{OUTCOMES[place].response_code // 100}xx" for name, place in OUTCOME.items()}
# The oracle knows no price of the preview, which only the simulated invoice has.
PREVIEW_USD = {
    "input_tokens": Fraction(6),
    "output_tokens": Fraction(30),
    "cache_read_tokens": Fraction(6, 10),
    "cache_write_5m_tokens": Fraction(75, 10),
    "cache_write_1h_tokens": Fraction(12),
}


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("month"), users=5, days=31)


def rows_of(place: Path) -> list[Row]:
    """Every line of a file or of a folder's files; numbers with a point are Decimals."""
    files = [place] if place.is_file() else sorted(place.iterdir())
    lines = (line for file in files for line in content(file).decode().splitlines())
    return [json.loads(line, parse_float=Decimal) for line in lines]


def content(file: Path) -> bytes:
    data = file.read_bytes()
    return gzip.decompress(data) if file.suffix == ".gz" else data


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def served(tenant: Recording) -> Iterator[tuple[Row, str, int, bool]]:
    """Every answer of Foundry: (truth line, when it ended, status, streamed)."""
    responses = rows_of(tenant.truth_folder / "responses.jsonl.gz")
    for request, response in zip(tenant.truth, responses, strict=True):
        assert request["correlation_id"] == response["correlation_id"]
        if response["foundry_status"]:
            yield request, response["ended_at"], response["foundry_status"], response["streamed"]
    for call in tenant.unlogged:
        if call["foundry_status"]:
            yield call, call["ended_at"], call["foundry_status"], call["streamed"]
    for call in rows_of(tenant.truth_folder / "outside.jsonl.gz"):
        yield call, call["ended_at"], call["status"], call["streamed"]


def unrecorded(tenant: Recording) -> set[tuple[str, str]]:
    """The minutes and deployments of which the platform recorded no point."""
    rows = rows_of(tenant.truth_folder / "metric_minutes.jsonl.gz")
    return {(row["time"][:16], row["deployment"]) for row in rows if not row["recorded"]}


def newest(points: list[Row]) -> dict[tuple[str, ...], Row]:
    """The value of each point that holds."""
    values: dict[tuple[str, ...], Row] = {}
    for point in sorted(points, key=lambda point: str(point["available_at"])):
        identity = (point["resource_id"], point["metric"], point["time"])
        values[*identity, json.dumps(point["dimensions"], sort_keys=True)] = point
    return values


def test_the_gateways_log_and_the_directory_are_what_they_were(tenant: Recording) -> None:
    changed = {row["correlation_id"] for row in tenant.truth if row["fault"]}
    changed |= {row["correlation_id"] for row in tenant.unlogged}
    for expected, name in map(str.split, OLD_CONTENT.strip().splitlines()):
        inside = name.removeprefix("truth/")
        place = (tenant.out if inside == name else tenant.truth_folder) / inside
        digest = hashlib.sha256(b"\n".join(old_lines(place, changed))).hexdigest()
        assert digest == expected, name


def old_lines(place: Path, changed: set[str]) -> Iterator[bytes]:
    """The lines of a file or of a folder's files that say nothing of these calls."""
    files = [place] if place.is_file() else sorted(place.iterdir())
    for line in b"\n".join(content(file) for file in files).splitlines():
        known = CORRELATION_ID.search(line)
        if known is None or known[1].decode() not in changed:
            yield line.replace(b'"fault":"",', b"")


@pytest.mark.parametrize("recorded", ["tenant", "month"])
def test_foundry_counts_every_token_in_the_minute_its_answer_ended(
    recorded: str, request: pytest.FixtureRequest
) -> None:
    recording: Recording = request.getfixturevalue(recorded)
    expected = Counter[tuple[str, str, str]]()
    lost = unrecorded(recording)
    for call, ended_at, _, _ in served(recording):
        for metric, name in METRICS.items():
            if call[name] and (ended_at[:16], call["deployment"]) not in lost:
                expected[ended_at[:16], call["deployment"], metric] += call[name]
    found = Counter[tuple[str, str, str]]()
    points = newest(rows_of(recording.out / "metrics"))
    for point in points.values():
        if point["namespace"] == FOUNDRY and point["metric"] in METRICS:
            deployment = point["dimensions"]["ModelDeploymentName"]
            found[point["time"][:16], deployment, point["metric"]] += point["total"]
    assert found == expected
    assert all(point["total"] > 0 for point in points.values())
    lengths = {point["dimensions"].get("ContextLength") for point in points.values()}
    assert lengths == {None, "<=100K", ">100K"}


def test_foundry_counts_its_answers_by_status(tenant: Recording) -> None:
    expected = Counter(
        (ended_at[:16], str(status), "Streaming" if streamed else "Non-Streaming")
        for _, ended_at, status, streamed in served(tenant)
    )
    found = Counter[tuple[str, str, str]]()
    for point in newest(rows_of(tenant.out / "metrics")).values():
        if point["metric"] == "ModelRequests":
            of = point["dimensions"]
            assert of["IsSpillover"] == "False"
            found[point["time"][:16], of["StatusCode"], of["StreamType"]] += point["total"]
    assert found == expected
    assert {status for _, status, _ in found} == {"200", "429", "500", "503", "529"}


def test_true_minutes_tell_the_gateways_share(tenant: Recording) -> None:
    own, others, unlogged = (Counter[tuple[str, str, str]]() for _ in range(3))
    for call, ended_at, status, _ in served(tenant):
        if status == 200:
            counts = others if "workload" in call else unlogged if "reason" in call else own
            counts[ended_at[:16], call["deployment"], "requests"] += 1
            for name in TOKENS:
                counts[ended_at[:16], call["deployment"], name] += call[name]
    for row in rows_of(tenant.truth_folder / "metric_minutes.jsonl.gz"):
        for name in ("requests", *TOKENS):
            key = (row["time"][:16], row["deployment"], name)
            for prefix, counts in (("", own), ("outside_", others), ("unlogged_", unlogged)):
                assert row[f"{prefix}{name}"] == counts.pop(key, 0)
    assert not own
    assert not others
    assert not unlogged


def test_a_few_points_come_too_low_first(tenant: Recording) -> None:
    given = defaultdict(list)
    for point in rows_of(tenant.out / "metrics"):
        dimensions = json.dumps(point["dimensions"], sort_keys=True)
        given[point["resource_id"], point["metric"], point["time"], dimensions].append(point)
    twice = [points for points in given.values() if len(points) > 1]
    assert 3 <= len(twice) < 0.01 * len(given)
    for points in twice:
        low, true = sorted(points, key=lambda point: str(point["available_at"]))
        assert low["total"] < true["total"]


def test_the_gateway_measures_itself(tenant: Recording) -> None:
    codes = {
        row["CorrelationId"]: f"{row['ResponseCode'] // 100}xx"
        for row in tenant.gateway
        if row["CorrelationId"]
    }
    counts, gauges = Counter[str](), Counter[str]()
    for point in newest(rows_of(tenant.out / "metrics")).values():
        if point["namespace"] != GATEWAY:
            continue
        if point["metric"] == "Requests":
            counts[point["dimensions"]["GatewayResponseCodeCategory"]] += point["total"]
        else:
            gauges[point["metric"]] += 1
            assert 0 < point["total"] <= 100
    assert counts.total() == len(tenant.truth) + len(tenant.unlogged)
    # The log itself lacks a few rows, and a few have no id.
    unlogged = Counter(CATEGORIES[call["outcome"]] for call in tenant.unlogged)
    for category, number in Counter(codes.values()).items():
        assert 0 <= counts[category] - number - unlogged[category] <= 10
    assert gauges == {"Capacity": 10 * 288, "CpuPercent_Gateway": 10 * 288}


def test_outside_traffic_is_a_few_per_cent_and_in_no_log(tenant: Recording) -> None:
    outside = rows_of(tenant.truth_folder / "outside.jsonl.gz")
    calls = sum(call["status"] == 200 for call in outside)
    assert 0.015 < calls / tenant.summary.model_requests < 0.06
    assert {call["deployment"] for call in outside} > {"claude-sonnet-5-5", "claude-opus-5"}
    assert any(call["cache_read_tokens"] for call in outside)
    assert "workload" not in tenant.gateway[0]
    times = [call["time"] for call in outside]
    assert times == sorted(times)


def test_usage_records_say_what_was_used(tenant: Recording) -> None:
    truth = {row["correlation_id"]: row for row in tenant.truth}
    responses = rows_of(tenant.truth_folder / "responses.jsonl.gz")
    ends = {row["correlation_id"]: row for row in responses}
    records = rows_of(tenant.out / "usage")
    seen = Counter(record["correlation_id"] for record in records)
    assert 0.08 < len(seen) / tenant.summary.model_requests < 0.16
    assert max(seen.values()) == 2
    for line in records:
        request, usage = truth[line["correlation_id"]], line["usage"]
        writes = usage["cache_creation"]
        assert [
            usage["input_tokens"],
            usage["output_tokens"],
            usage["cache_read_input_tokens"],
            writes["ephemeral_5m_input_tokens"],
            writes["ephemeral_1h_input_tokens"],
        ] == [request[name] for name in TOKENS]
        assert usage["cache_creation_input_tokens"] == sum(writes.values())
        searches = usage["server_tool_use"]["web_search_requests"]
        assert searches == request["web_search_requests"]
        assert line["time"] == ends[line["correlation_id"]]["ended_at"]
        assert not ends[line["correlation_id"]]["streamed"]


def test_no_usage_record_tells_what_an_oddity_hides() -> None:
    whole = [OUTCOME["ok"]] * len(TRAPS)
    table = pd.DataFrame({"outcome": whole, "trap": range(len(TRAPS))})
    kept = recorded_answers(table, np.zeros(len(TRAPS), dtype=np.bool_))
    told = [trap for trap, is_kept in zip(TRAPS, kept, strict=True) if is_kept]
    assert len(told) > 5
    for trap in told:
        assert trap.label in {"", "unattributed"}, trap.name
        assert trap.input_known, trap.name
        assert trap.output_known, trap.name
        assert "correlation_id" not in trap.name
    assert not recorded_answers(table, np.ones(len(TRAPS), dtype=np.bool_)).any()


def test_the_claude_line_is_all_traffic_rounded_up_by_the_hour(month: Recording) -> None:
    hours: dict[str, Fraction] = defaultdict(Fraction)
    for call, _, status, _ in served(month):
        if status == 200:
            cost = true_cost(call)
            if cost is None:
                cost = sum((call[n] * rate for n, rate in PREVIEW_USD.items()), Fraction())
                cost /= 1_000_000
            cost += Fraction(call["web_search_requests"], 100)
            hours[call["time"][:13]] += cost
    days = Counter[str]()
    for hour, cost in hours.items():
        days[f"{hour[5:7]}/{hour[8:10]}/{hour[:4]}"] += math.ceil(cost * 100)
    lines = [row for row in rows_of(month.out / "costs") if row["PublisherName"] == "Anthropic"]
    usage = {row["Date"]: row["Quantity"] for row in lines if row["ChargeType"] == "Usage"}
    assert usage == days
    assert {row["PublisherType"] for row in lines} == {"Marketplace"}
    truth = rows_of(month.truth_folder / "costs.jsonl")
    parts = (
        "gateway_tokens_usd",
        "unlogged_tokens_usd",
        "outside_tokens_usd",
        "web_search_usd",
    )
    assert {row["hour"][:13]: sum(Fraction(row[part]) for part in parts) for row in truth} == hours
    assert all(Decimal(row["billed_usd"]) * 100 == row["ccu"] for row in truth)


def test_a_months_invoice_is_whole_cents(month: Recording) -> None:
    rows = rows_of(month.out / "costs")
    assert {row["InvoiceId"] for row in rows} == {"G2026100417"}
    assert sum(Decimal(row["CostInBillingCurrency"]) for row in rows) % Decimal("0.01") == 0
    kinds = Counter(row["ChargeType"] for row in rows)
    assert (kinds["RoundingAdjustment"], kinds["Refund"], kinds["Purchase"]) == (1, 1, 1)
    (refund,) = (row for row in rows if row["ChargeType"] == "Refund")
    assert refund["PreviousInvoiceId"] == "G2026090417"
    assert refund["Quantity"] < 0
    for row in rows:
        if row["ChargeType"] == "RoundingAdjustment":
            assert abs(row["CostInBillingCurrency"]) < Decimal("0.01")
        else:
            exact = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
            assert abs(Decimal(row["CostInBillingCurrency"]) - exact) < Decimal("1e-12")
    digits = [len(str(row["CostInBillingCurrency"]).replace(".", "")) for row in rows]
    assert max(digits) > 15
    meters = {row["MeterName"] for row in rows}
    assert {"Standard v2 Unit", "Standard v2 Secondary Unit"} <= meters
    assert any(row["ResourceGroup"] == "payroll" for row in rows)


def test_an_open_month_has_no_invoice_yet(tenant: Recording) -> None:
    rows = rows_of(tenant.out / "costs")
    assert {row["InvoiceId"] for row in rows} == {""}
    assert "RoundingAdjustment" not in {row["ChargeType"] for row in rows}
    for row in rows:
        day = datetime.strptime(row["Date"] + "+0000", "%m/%d/%Y%z")
        assert timedelta(days=1) < moment(row["available_at"]) - day <= timedelta(days=3)


def test_retail_prices_name_the_price_of_today_and_older_ones(month: Recording) -> None:
    folder = month.out / "retail_prices"
    pages = [json.loads(f.read_text(), parse_float=Decimal) for f in sorted(folder.iterdir())]
    items = [item for page in pages for item in page["Items"]]
    assert [page["Count"] for page in pages] == [len(page["Items"]) for page in pages]
    assert [bool(page["NextPageLink"]) for page in pages] == [True, True, False]
    assert len({(item["meterId"], item["effectiveStartDate"]) for item in items}) == len(items)
    rows = rows_of(month.out / "costs")
    listed = {row["MeterId"]: row for row in rows if row["MeterCategory"] in _listed(items)}
    assert len(listed) == 4
    for meter_id, row in listed.items():
        prices = {i["effectiveStartDate"]: i for i in items if i["meterId"] == meter_id}
        newest_price = prices[max(prices)]
        assert newest_price["retailPrice"] == row["PayGPrice"]
        assert newest_price["meterName"] == row["MeterName"]
        assert newest_price["armRegionName"] == row["ResourceLocation"]
    assert any("effectiveEndDate" in item for item in items)


def _listed(items: list[Row]) -> set[Any]:
    return {item["serviceName"] for item in items}


def test_token_metrics_add_up_by_minute_caller_and_model(tenant: Recording) -> None:
    responses = rows_of(tenant.truth_folder / "responses.jsonl.gz")
    by_id = tenant.by_id
    current = {
        call["true_oid"]
        for call in tenant.truth
        if by_id.get(call["correlation_id"], {}).get("ApiRevision") == "3"
        and call["trap"] != "forged_passed_through"
    }
    shown = {"", "response_header_only", "late_days", "duplicate_line", "aborted_metered"}
    expected = Counter[tuple[str, str, str, str]]()
    ended = zip(tenant.truth, responses, strict=True)
    for call, response in [*ended, *((call, call) for call in tenant.unlogged)]:
        plain = call.get("trap", "") in shown
        if not (call["reached_model"] and plain and call["true_oid"] in current):
            continue
        amounts = {
            "Prompt Tokens": call["input_tokens"],
            "Completion Tokens": call["output_tokens"],
            "Total Tokens": call["input_tokens"] + call["output_tokens"],
            "Prompt Cached Tokens": call["cache_read_tokens"],
        }
        for name, amount in amounts.items():
            if amount:
                key = (response["ended_at"][:16], call["true_oid"], call["model"], name)
                expected[key] += amount
    found = Counter[tuple[str, str, str, str]]()
    for row in rows_of(tenant.out / "tables" / "AppMetrics"):
        of = row["Properties"]
        found[row["TimeGenerated"][:16], of["oid"], of["model"], row["Name"]] += row["Sum"]
        assert row["Min"] * row["ItemCount"] <= row["Sum"] <= row["Max"] * row["ItemCount"]
    assert found == expected


def test_token_metrics_forget_callers_beyond_a_hundred(tmp_path: Path) -> None:
    large = record(tmp_path, users=150, days=2)
    rows = rows_of(large.out / "tables" / "AppMetrics")
    shown = {row["Properties"]["oid"] for row in rows}
    current = {row["CorrelationId"] for row in large.gateway if row["ApiRevision"] == "3"}
    callers = {
        row["true_oid"]
        for row in large.truth
        if row["reached_model"] and row["correlation_id"] in current
    }
    assert len(shown) == 100 < len(callers)
    assert shown < callers


def test_traces_repeat_the_gateways_row_but_for_the_planted(tenant: Recording) -> None:
    truth = {row["correlation_id"]: row for row in tenant.truth}
    unlogged = {row["correlation_id"]: row for row in tenant.unlogged}
    told = {r["correlation_id"]: r for r in rows_of(tenant.truth_folder / "traces.jsonl.gz")}
    by_id = tenant.by_id
    traces = [row["Properties"] for row in rows_of(tenant.out / "tables" / "AppTraces")]
    own = [trace for trace in traces if "request_id" in trace]
    assert {trace["request_id"] for trace in own} == set(told)
    assert len(own) == len(told)
    for trace in own:
        expected = told[trace["request_id"]]
        assert expected["trace_oid"] == trace["oid"]
        if trace["request_id"] in unlogged:
            assert trace["oid"] == unlogged[trace["request_id"]]["true_oid"]
            assert not expected["trap"]
            continue
        request, logged = truth[trace["request_id"]], by_id[trace["request_id"]]
        assert expected["true_oid"] == request["true_oid"] == request["caller_oid"]
        trap = expected["trap"]
        assert (trace["oid"] != request["caller_oid"]) == (trap == "other_caller")
        written = trace_metadata(logged)
        assert not written or written.items() <= trace.items()
        named = headers(logged["BackendRequestHeaders"]).get("x-llm-deployment")
        assert trace.get("deployment") == named
        if request["fault"] == "untold_in_app_traces":
            continue
        forwarded = trap == "user_authorization_forwarded"
        assert trace["user_authorization_forwarded"] == ("true" if forwarded else "false")
        kind = "key" if trap == "key_credential" else "managed_identity"
        assert trace["credential_kind"] == kind
    planted = Counter(row["trap"] for row in told.values() if row["trap"])
    names = {"other_caller", "user_authorization_forwarded", "key_credential"}
    assert set(planted) == names
    assert planted.total() < 0.05 * len(own)
    assert len(traces) - len(own) == 10 * 48


def test_nothing_is_readable_later_than_the_end(tenant: Recording, month: Recording) -> None:
    for recording in (tenant, month):
        now = recording.summary.now
        for name, field in (
            ("metrics", "available_at"),
            ("usage", "time"),
            ("costs", "available_at"),
            ("tables/AppMetrics", "_IngestionTime"),
            ("tables/AppTraces", "_IngestionTime"),
        ):
            rows = rows_of(recording.out / name)
            assert max(moment(row[field]) for row in rows) < now, name
            if name == "metrics":
                lags = [moment(row[field]) - moment(row["time"]) for row in rows]
                assert min(lags) >= timedelta(minutes=3)
                assert sorted(lags)[len(lags) // 2] < timedelta(minutes=4)


def test_the_sandbox_loads_all_of_it(tenant: Recording) -> None:
    with sandbox_process(tenant.out) as url:
        problems = httpx.get(f"{url}/sandbox/problems").json()
    files = {problem["file"] for problem in problems["problems"]}
    # The only broken lines are the two planted ones; absurd counts do not fit the log's columns.
    assert {file.split("/")[1] for file in files} == {"ApiManagementGatewayLogs", LLM}
