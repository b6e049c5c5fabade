"""The golden month: every charge equals an independent oracle that reads only the truth folder."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from conftest import GoldenMonth
from golden.booked import booked_requests
from oracle.charges import known_cost, known_cost_upper_band, true_cost

from ingest.graph_directory import GraphDirectory
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.workspace import read_workspace
from jobs.demo import clear, tenant_settings
from jobs.ingestion import Run, ingest
from jobs.pipeline import build_and_publish, open_run, sync_directory
from models.chargeback import chargeback
from models.clock import Clock
from models.viewer import operator

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
        expected = _expected_cost(line)
        actual = row["list_cost_usd"]
        assert (actual is None) == (expected is None), (line, row)
        if expected is not None:
            assert Fraction(actual) == expected, (line, row)
            assert row["contracted_cost_usd"] == actual
            priced += 1
    assert priced > 10_000


def test_bounds_hold_the_true_cost(pairs: list[tuple[Truth, Booked]]) -> None:
    bounded = 0
    for line, row in pairs:
        expected = true_cost(line)
        if expected is None or row["cost_low_usd"] is None:
            continue
        assert Fraction(row["cost_low_usd"]) <= expected, (line, row)
        if row["cost_high_usd"] is not None:
            assert expected <= Fraction(row["cost_high_usd"]), (line, row)
            bounded += 1
    assert bounded > 10_000


def test_bounds_span_both_bands(pairs: list[tuple[Truth, Booked]]) -> None:
    banded = 0
    for line, row in pairs:
        upper = known_cost_upper_band(line)
        if line["model"] != "claude-haiku-5-5" or upper is None or row["label"]:
            continue
        assert Fraction(row["cost_high_usd"]) >= upper
        assert Fraction(row["cost_low_usd"]) == known_cost(line)
        banded += 1
    assert banded > 100


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
        assert row["cache_read_tokens"] is None


def test_tokens_equal_the_truth(pairs: list[tuple[Truth, Booked]]) -> None:
    for line, row in pairs:
        assert row["input_tokens"] == line["logged_input_tokens"], (line, row)
        assert row["output_tokens"] == line["logged_output_tokens"], (line, row)


@pytest.mark.parametrize("key", ["user", "unit", "model", "client", "day"])
def test_every_view_adds_up_to_the_ledger(
    golden: GoldenMonth, booked: list[Booked], key: str
) -> None:
    october = [row for row in booked if row["usage_time"].month == 10]
    answer = chargeback(golden.settings.publication_dir, operator(), month="2026-10", by=[key])
    rows = answer.records()
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
                    ingest(run, "logs")
                    build_and_publish(run)
                moment, hours = moment + timedelta(hours=1), hours + 1
            build_and_publish(run)
    again = booked_requests(settings.publication_dir)
    assert [_comparable(row) for row in again] == [_comparable(row) for row in booked]


def test_running_again_changes_nothing(golden: GoldenMonth, booked: list[Booked]) -> None:
    clock = Clock(datetime(2026, 11, 3, tzinfo=UTC))
    with open_run(golden.settings, clock) as connection:
        run = Run(connection, golden.settings, clock, lambda *_: None)
        assert ingest(run, "logs").rows_new == 0
        manifest = build_and_publish(run)
    assert manifest.days == golden.manifest.days, "a day was rebuilt although nothing arrived"
    assert booked_requests(golden.settings.publication_dir) == booked


def _expected_cost(line: Truth) -> Fraction | None:
    if line["label"] in {"unpriced", "unmetered"}:
        return None
    if line["logged_input_tokens"] is None and line["logged_output_tokens"] is not None:
        # Only the output is known, and it alone is booked.
        return known_cost(line | {"logged_input_tokens": 0})
    return known_cost(line)


def _comparable(row: Booked) -> tuple[str, ...]:
    return tuple(str(value) for value in row.values())
