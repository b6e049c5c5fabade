"""The golden month: every charge equals an independent oracle that reads only the truth folder."""

import gzip
import json
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from conftest import GoldenMonth
from golden.booked import booked_requests
from oracle.charges import known_cost, true_cost

from ingest.graph_directory import GraphDirectory
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.workspace import read_workspace
from jobs.demo import clear, tenant_settings
from jobs.ingestion import Run, ingest
from jobs.pipeline import build_and_publish, open_run, sync_directory
from models.chargeback import chargeback
from models.clock import Clock
from models.viewer import operator

_OF_NO_REQUEST = {"outside_gateway", "pool", "residual", "correction"}
_CACHE = {
    "cache_read": "cache_read",
    "cache_write_5m": "cache_write",
    "cache_write_1h": "cache_write",
}
_LEARNED = {
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens"),
    *("cache_write_1h_tokens", "usage_evidence", "price_id", "list_cost_usd", "cost_low_usd"),
    *("contracted_cost_usd", "cost_high_usd", "cost_status"),
}
_PROMPT = ("input", "cache_read", "cache_write_5m", "cache_write_1h")
Truth = dict[str, Any]
Booked = dict[str, Any]


@pytest.fixture(scope="session")
def truth(golden: GoldenMonth) -> list[Truth]:
    """Every line of the truth that says "this reached a model"."""
    with gzip.open(golden.truth / "requests.jsonl.gz", "rt", encoding="utf-8") as file:
        return [line for line in map(json.loads, file) if line["reached_model"]]


@pytest.fixture(scope="session")
def booked(golden: GoldenMonth) -> list[Booked]:
    return booked_requests(golden.settings.publication_dir)


@pytest.fixture(scope="session")
def pairs(truth: list[Truth], booked: list[Booked]) -> list[tuple[Truth, Booked]]:
    """Truth and ledger side by side, by CorrelationId; empty ones by time."""

    def key_of_truth(line: Truth) -> tuple[str, str]:
        return line["correlation_id"], "" if line["correlation_id"] else line["time"]

    def key_of_booked(row: Booked) -> tuple[str, str]:
        time = row["usage_time"].isoformat(timespec="milliseconds") + "Z"
        return row["correlation_id"] or "", "" if row["correlation_id"] else time

    by_key = {key_of_booked(row): row for row in booked}
    assert len(by_key) == len(booked)
    return [(line, by_key[key_of_truth(line)]) for line in truth]


def test_every_request_is_booked_once(truth: list[Truth], booked: list[Booked]) -> None:
    expected = Counter(line["correlation_id"] for line in truth)
    assert Counter(row["correlation_id"] or "" for row in booked) == expected
    assert len(booked) == len(truth) > 10_000


def test_every_charge_equals_the_oracle(pairs: list[tuple[Truth, Booked]]) -> None:
    priced = 0
    for line, row in pairs:
        expected = _expected_cost(line, row)
        actual = row["list_cost_usd"]
        assert (actual is None) == (expected is None), (line, row)
        if expected is not None:
            assert Fraction(actual) == expected, (line, row)
            assert row["contracted_cost_usd"] == actual
            priced += 1
    assert priced > 10_000


def test_bounds_hold_the_true_cost(pairs: list[tuple[Truth, Booked]]) -> None:
    """They are meant to hold it nine times in ten."""
    held = [
        Fraction(row["cost_low_usd"]) <= cost <= Fraction(row["cost_high_usd"])
        for line, row in pairs
        if (cost := true_cost(line)) is not None
        if row["cost_low_usd"] is not None and row["cost_high_usd"] is not None
    ]
    assert len(held) > 10_000
    assert sum(held) / len(held) > 0.85


def test_people_are_booked_what_they_used(pairs: list[tuple[Truth, Booked]]) -> None:
    """What no log says of a person is off by two in a hundred at most, over the month."""
    true: Counter[str] = Counter()
    told: Counter[str] = Counter()
    for line, row in pairs:
        cost = true_cost(line)
        if row["oid"] and cost is not None and row["list_cost_usd"] is not None:
            true[row["oid"]] += cost
            told[row["oid"]] += Fraction(row["list_cost_usd"])
    assert len(true) > 20
    missed = sum(abs(told[oid] - true[oid]) for oid in true)
    assert missed / sum(true.values()) < 0.02


def test_a_prompt_is_priced_as_a_whole(booked: list[Booked]) -> None:
    """What lies in the cache counts for the band, although the log does not show it."""
    dear = [
        row
        for row in booked
        if row["price_id"] and row["price_id"].startswith("claude-haiku-5-5/standard/100000")
    ]
    assert any(row["input_tokens"] <= 100_000 < _prompt(row) for row in dear)


def _prompt(row: Booked) -> int:
    return sum(row[f"{name}_tokens"] or 0 for name in _PROMPT)


def test_the_hard_cases_are_among_them(truth: list[Truth]) -> None:
    sonnet = [line["time"] for line in truth if line["model"] == "claude-sonnet-5-5"]
    assert min(sonnet) < "2026-10-07T00:00:00Z" < max(sonnet)
    haiku = [
        line["logged_input_tokens"]
        for line in truth
        if line["model"] == "claude-haiku-5-5" and line["logged_input_tokens"] is not None
    ]
    assert min(haiku) <= 100_000 < max(haiku)
    assert {"GlobalStandard", "DataZoneStandard"} <= {
        line["sku"] for line in truth if line["model"] == "claude-opus-5"
    }


def test_caller_unit_and_label_equal_the_truth(pairs: list[tuple[Truth, Booked]]) -> None:
    for line, row in pairs:
        assert row["label"] == line["label"], (line, row)
        assert row["oid"] == line["caller_oid"], (line, row)
        assert row["caller_evidence"] == (line["caller_evidence"] or "none"), (line, row)
        assert row["unit"] == (line["unit"] if line["caller_oid"] else None), (line, row)
        if line["model"] and row["llm_model"]:
            assert row["llm_model"] == line["model"], (line, row)


def test_tokens_equal_the_truth(pairs: list[tuple[Truth, Booked]]) -> None:
    for line, row in pairs:
        for name in ("input", "output"):
            logged, known = line[f"logged_{name}_tokens"], row[f"{name}_tokens"]
            if logged is not None:
                assert known == logged, (line, row)
            elif row["usage_evidence"] == "measured":
                assert known in (None, line[f"{name}_tokens"]), (line, row)
        for name, evidence in _CACHE.items():
            if row[f"{evidence}_evidence"] == "measured":
                assert row[f"{name}_tokens"] in (None, line[f"{name}_tokens"]), (line, row)


@pytest.mark.parametrize("key", ["user", "unit", "model", "client", "day"])
def test_every_view_adds_up_to_the_ledger(
    golden: GoldenMonth, booked: list[Booked], key: str
) -> None:
    october = [row for row in booked if row["usage_time"].month == 10]
    answer = chargeback(golden.settings.publication_dir, operator(), month="2026-10", by=[key])
    rows = [row for row in answer.records() if row["label"] not in _OF_NO_REQUEST]
    assert sum(row["requests"] for row in rows) == len(october)
    for amount in ("list_cost_usd", "contracted_cost_usd", "input_tokens", "output_tokens"):
        assert sum(row[amount] or 0 for row in rows) == sum(row[amount] or 0 for row in october)


def test_a_second_life_in_other_steps_ends_the_same(
    golden: GoldenMonth, golden_sandbox: str, booked: list[Booked], tmp_path: Path
) -> None:
    """Loading and building every four days, with late rows re-opening days, changes nothing."""
    recorded = read_workspace(golden.workspace)
    folder = clear(tmp_path / "data")
    settings = tenant_settings(folder, recorded, golden_sandbox)
    clock = Clock(recorded.starts_at)
    with open_run(settings, clock) as connection, SandboxControl(golden_sandbox) as sandbox:
        run = Run(connection, settings, clock, lambda *_: None)
        with GraphDirectory(settings) as directory:
            moment, hours = recorded.starts_at, 0
            while moment <= recorded.now:
                sandbox.move_clock(moment)
                clock.move(moment)
                sync_directory(run, directory)
                if hours % 96 == 50 or moment == recorded.now:
                    for job in ("logs", "usage", "metrics"):
                        ingest(run, job)
                    build_and_publish(run)
                moment, hours = moment + timedelta(hours=1), hours + 1
            build_and_publish(run)
            again = booked_requests(settings.publication_dir)
            # What was learned while the month was young stays: built in one go it is the same.
            shutil.rmtree(settings.publication_dir)
            build_and_publish(run)
    assert booked_requests(settings.publication_dir) == again
    assert [_known(row) for row in again] == [_known(row) for row in booked]
    costs = [_costs_by_person(rows) for rows in (again, booked)]
    missed = sum(abs(costs[0][oid] - costs[1][oid]) for oid in costs[1])
    assert missed < sum(costs[1].values()) / 100


def test_running_again_changes_nothing(golden: GoldenMonth, booked: list[Booked]) -> None:
    clock = Clock(datetime(2026, 11, 3, tzinfo=UTC))
    with open_run(golden.settings, clock) as connection:
        run = Run(connection, golden.settings, clock, lambda *_: None)
        assert ingest(run, "logs").rows_new == 0
        manifest = build_and_publish(run)
    assert manifest.days == golden.manifest.days, "a day was rebuilt although nothing arrived"
    assert booked_requests(golden.settings.publication_dir) == booked


def _expected_cost(line: Truth, row: Booked) -> Fraction | None:
    """What the tokens that are booked cost by the table typed by hand."""
    if line["label"] == "unpriced":
        return None
    tokens = {f"{name}_tokens": row[f"{name}_tokens"] for name in (*_PROMPT, "output")}
    if None not in tokens.values():
        return true_cost(line | tokens)
    if line["label"] == "unmetered":
        return None
    if line["logged_input_tokens"] is None and line["logged_output_tokens"] is not None:
        # Only the output is known, and it alone is booked.
        return known_cost(line | {"logged_input_tokens": 0})
    return known_cost(line)


def _known(row: Booked) -> tuple[str, ...]:
    """What does not rest on what was learned, and so not on when it was."""
    return tuple(str(value) for name, value in row.items() if name not in _LEARNED)


def _costs_by_person(rows: list[Booked]) -> Counter[str | None]:
    costs: Counter[str | None] = Counter()
    for row in rows:
        costs[row["oid"]] += row["list_cost_usd"] or 0
    return costs
