"""The generated tenant holds what it promises, and its truth says so."""

import hashlib
import json
import tomllib
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from recorded_tenant import (
    DAYS,
    GATEWAY,
    LLM,
    Recording,
    find_caller,
    headers,
    key_owners,
    record,
)

PROMPT_CLASSES = (
    "input_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)


def _words(text: str) -> list[str]:
    return text.split()


PLANTED = _words(
    "response_header_only trace_only no_identity malformed_oid subscription_key "
    "subscription_new_owner subscription_unknown forged_overridden client_sent_own_oid "
    "forged_passed_through gateway_row_missing llm_row_missing aborted_metered "
    "aborted_unmetered unknown_model hostile_model_name null_time null_time_gateway "
    "negative_tokens absurd_tokens malformed_correlation_id empty_correlation_id "
    "headers_as_text headers_as_list huge_user_agent script_user_agent formula_user_agent "
    "duplicate_line late_days haiku_at_100000 haiku_at_100001 haiku_uncached_above_100k "
)
ENDINGS = _words(
    "ok count_tokens models probe gateway_429 foundry_429 quota_403 denied_403 expired_401 "
    "absent_401 audience_401 claim_401 overloaded_529 failed_500 unavailable_503 timeout_504 "
    "unreachable_500 aborted_after_start aborted_499 aborted_0 "
)


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("tenant"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_same_seed_gives_the_same_bytes(tenant: Recording, tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        files = (file for file in folder.rglob("*") if file.is_file())
        return {
            str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in files
        }

    again = record(tmp_path / "again")
    assert digests(again.out) == digests(tenant.out)
    assert digests(again.truth_folder) == digests(tenant.truth_folder)
    other = record(tmp_path / "other", seed=4)
    assert digests(other.out) != digests(tenant.out)


def test_every_trap_and_every_ending_occurs(tenant: Recording) -> None:
    counts = Counter(row["trap"] for row in tenant.truth if row["trap"])
    assert [trap for trap in PLANTED if not counts[trap]] == []
    endings = Counter(row["outcome"] for row in tenant.truth)
    assert [ending for ending in ENDINGS if not endings[ending]] == []
    figures = tomllib.loads((tenant.truth_folder / "truth.toml").read_text(encoding="utf-8"))
    assert {trap: number for trap, number in figures["traps"].items() if number} == counts
    assert figures["calls"] == len(tenant.truth)
    assert figures["model_requests"] == sum(row["reached_model"] for row in tenant.truth)


def test_the_log_shows_the_caller_that_truth_expects(tenant: Recording) -> None:
    owners = key_owners(tenant)
    compared = Counter[str]()
    for row in tenant.truth:
        logged = tenant.by_id.get(row["correlation_id"])
        if logged is None:
            assert row["trap"] in {"gateway_row_missing", "empty_correlation_id"}
            continue
        assert find_caller(logged, owners) == row["caller_oid"], row
        compared[row["caller_evidence"]] += 1
    assert set(compared) == {"backend_header", "response_header", "trace", "subscription", None}


def test_forged_headers_never_name_the_victim(tenant: Recording) -> None:
    for trap, expected in (("forged_overridden", True), ("forged_passed_through", False)):
        for row in tenant.planted(trap):
            logged = tenant.by_id[row["correlation_id"]]
            claimed = headers(logged["RequestHeaders"])["x-caller-oid"]
            assert claimed != row["true_oid"]
            assert (row["caller_oid"] == row["true_oid"]) == expected
            assert (headers(logged["BackendRequestHeaders"])["x-caller-oid"] == claimed) != expected


def test_collapsed_usage_rows_add_up_to_the_truth(tenant: Recording) -> None:
    usage: dict[str, list[int]] = {}
    for row in tenant.llm:
        if row["RequestId"] and row["CorrelationId"]:
            known = usage.setdefault(row["CorrelationId"], [0, 0])
            for place, name in enumerate(("PromptTokens", "CompletionTokens")):
                known[place] = max(known[place], row[name])
    sums = [0, 0]
    for row in tenant.truth:
        logged = usage.get(row["correlation_id"])
        for place, name in enumerate(("logged_input_tokens", "logged_output_tokens")):
            if row[name] is not None:
                assert logged is not None
                assert logged[place] == row[name]
                sums[place] += row[name]
        if row["label"] == "unmetered":
            assert logged is None
            assert row["logged_input_tokens"] is None
    known = [row for row in tenant.truth if row["logged_input_tokens"] is not None]
    assert sums[0] == sum(row["input_tokens"] for row in known)
    # The prompt column is the uncached part alone, a small share of what is paid for.
    assert sums[0] * 5 < sum(row["cache_read_tokens"] for row in known)


def test_labels_follow_from_what_the_log_lacks(tenant: Recording) -> None:
    sold = {d["model"] for d in tomllib.loads(workspace_text(tenant))["deployments"]}
    sold -= {"claude-experimental-9"}
    for row in tenant.truth:
        assert row["reached_model"] or row["label"] == ""
        if row["reached_model"]:
            assert (row["label"] == "unattributed") == (row["caller_oid"] is None)
            lacks_price = row["model"] not in sold or row["trap"] == "null_time"
            assert (row["label"] == "unpriced") == lacks_price
    assert {row["label"] for row in tenant.truth} == {
        "",
        "unattributed",
        "unpriced",
        "unmetered",
    }


def workspace_text(tenant: Recording) -> str:
    return (tenant.out / "workspace.toml").read_text(encoding="utf-8")


def test_the_deployment_can_be_told(tenant: Recording) -> None:
    deployments = tomllib.loads(workspace_text(tenant))["deployments"]
    unnamed = {row["correlation_id"] for row in tenant.faulty("deployment_unnamed")}
    ways = Counter[str]()
    for row in tenant.truth:
        logged = tenant.by_id.get(row["correlation_id"])
        if logged is None or not row["reached_model"] or "model_name" in row["trap"]:
            continue
        if row["correlation_id"] in unnamed:
            continue
        named = headers(logged["BackendRequestHeaders"]).get("x-llm-deployment")
        if named is None:
            host = logged["BackendUrl"].split("/")[2].partition(".")[0]
            fits = [d for d in deployments if d["model"] == row["model"]]
            ways["model" if len(fits) == 1 else "host"] += 1
            (named,) = (d["name"] for d in fits if d["foundry_resource_id"].endswith(f"/{host}"))
        else:
            ways["header"] += 1
        assert named == row["deployment"]
    assert ways["header"] > ways["model"] > 0
    assert ways["host"] > 0
    zones = {row["sku"] for row in tenant.truth if row["model"] == "claude-opus-5"}
    assert zones == {"GlobalStandard", "DataZoneStandard"}


def test_haiku_prompts_on_both_sides_of_the_band(tenant: Recording) -> None:
    haiku = [row for row in tenant.truth if row["model"] == "claude-haiku-5-5"]
    assert min(row["time"] for row in haiku) >= "2026-10-07"
    totals = Counter(sum(row[name] for name in PROMPT_CLASSES) for row in haiku)
    assert totals[100_000] >= 3
    assert totals[100_001] >= 3
    assert sum(row["input_tokens"] > 100_000 for row in haiku) >= 5
    # The log alone cannot tell the band: the same total is also reached through the cache.
    at_edge = [row for row in haiku if sum(row[name] for name in PROMPT_CLASSES) == 100_001]
    assert {row["input_tokens"] == 100_001 for row in at_edge} == {True, False}
    dated = [row for row in tenant.llm if row["ModelName"] == "claude-haiku-4-5-20251001"]
    assert dated


def test_refusals_look_as_documented(tenant: Recording) -> None:
    for row in tenant.truth:
        logged = tenant.by_id.get(row["correlation_id"])
        if logged is None:
            continue
        code, backend = logged["ResponseCode"], logged["BackendResponseCode"]
        kind = row["outcome"]
        if kind in {"gateway_429", "quota_403", "denied_403"} or code == 401:
            assert not backend
            assert headers(logged["BackendRequestHeaders"]) == {}
        if code in (403, 429) and row["fault"] != "refusal_without_caller":
            assert headers(logged["ResponseHeaders"])["x-caller-oid"] == row["true_oid"]
        if kind == "denied_403":
            assert logged["LastErrorReason"] == ""
            assert headers(logged["ResponseHeaders"])["x-denied-by"]
        if kind == "foundry_429":
            assert (code, backend, logged["LastErrorReason"]) == (429, 429, "")
        is_message = logged["Method"] == "POST" and logged["Url"].partition("?")[0].endswith(
            "/v1/messages"
        )
        assert row["reached_model"] == (is_message and backend == 200)
    stubs = {row["correlation_id"] for row in tenant.truth if row["outcome"] in ("probe", "models")}
    empty = [row for row in tenant.llm if row["CorrelationId"] in stubs]
    assert empty
    assert {(row["RequestId"], row["ModelName"], row["TotalTokens"]) for row in empty} == {
        ("", "", 0)
    }


def test_bad_input_is_there(tenant: Recording) -> None:
    files = [file for name in (GATEWAY, LLM) for file in (tenant.out / "tables" / name).iterdir()]
    assert len(files) == 2 * DAYS
    assert tenant.torn == {f"{name}/2026-10-01.jsonl.gz": 1 for name in (GATEWAY, LLM)}
    llm_times = {row["CorrelationId"]: row["TimeGenerated"] for row in tenant.llm}
    for trap, expected in (("null_time", True), ("null_time_gateway", False)):
        for row in tenant.planted(trap):
            assert tenant.by_id[row["correlation_id"]]["TimeGenerated"] is None
            assert (llm_times[row["correlation_id"]] is None) == expected
    prompts = [row["PromptTokens"] for row in tenant.llm]
    assert min(prompts) < 0
    assert max(prompts) == 10**12
    agents = [headers(row["RequestHeaders"]).get("user-agent", "") for row in tenant.gateway]
    assert max(map(len, agents)) == 1_000_000
    names = [row["displayName"] for row in tenant.graph("users")]
    departments = [row["department"] or "" for row in tenant.graph("users")]
    models = [row["ModelName"] for row in tenant.llm]
    assert any("<script>" in text for text in agents)
    assert any("<script>" in text for text in names)
    assert any(text.startswith("=") for text in departments)
    assert any(text.startswith("=") or "<script>" in text for text in models)
    shapes = {type(row["BackendRequestHeaders"]) for row in tenant.gateway}
    assert shapes == {dict, str, list}
    ids = {row["CorrelationId"] for row in tenant.gateway}
    assert {"", "not-a-guid"} <= ids


def test_late_and_doubled_rows(tenant: Recording) -> None:
    for rows in (tenant.gateway, tenant.llm):
        texts = defaultdict(set)
        for row in rows:
            texts[row["_ItemId"]].add(json.dumps(row, sort_keys=True))
        assert len(rows) > len(texts)
        assert {len(variants) for variants in texts.values()} == {1}
        timed = [row for row in rows if row["TimeGenerated"]]
        lags = [moment(row["_IngestionTime"]) - moment(row["TimeGenerated"]) for row in timed]
        assert min(lags) >= timedelta(minutes=3)
        assert max(lags) > timedelta(days=1)
        times = [row["TimeGenerated"] for row in timed]
        assert times != sorted(times)
        latest = max(moment(row["_IngestionTime"]) for row in rows)
        assert latest < tenant.summary.now


def test_request_size_follows_the_whole_prompt(tenant: Recording) -> None:
    ratios = []
    for row in tenant.truth:
        logged = tenant.by_id.get(row["correlation_id"])
        prompt = sum(row[name] for name in PROMPT_CLASSES)
        if logged and row["reached_model"] and prompt > 50_000:
            ratios.append(logged["RequestSize"] / prompt)
    assert 3.2 < min(ratios) < max(ratios) < 5.0
