"""Doctor finds in the golden month exactly what was planted there: each fault, and no near miss.

What was planted is read from the generator's truth, which says it by construction.
"""

import json
import shutil
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from conftest import GoldenMonth
from installed_command import tollbook

from jobs.command_doctor import examine
from models import ledger
from models.clock import Clock, parse_utc
from models.finding import DoctorFinding
from models.warehouse import writing

# Verdicts, and what is in order: they have no line of their own in the truth.
_VERDICTS = {"proof_credential", "proof_caller"}
# What the tenant has beside planted traffic: people assigned one by one, torn lines, and a model
# that nobody has a price for.
_OF_THE_TENANT = {"assigned_directly", "recording", "deployment_unpriced"}
# The residual of the invoice: cache tokens, whose cost is most of it, are in no gateway log.
_OF_THE_INVOICE = {"invoice"}
# Found in part, or with others: see the tests of their own.
_NOT_BY_ID = {"usage_unjoinable", "impossible_tokens"}


@dataclass(frozen=True)
class Planted:
    """What was planted of one check."""

    count: int
    ids: frozenset[str]
    near_misses: frozenset[str]
    line: dict[str, Any]


@pytest.fixture(scope="session")
def planted(golden: GoldenMonth) -> dict[str, Planted]:
    text = (golden.truth / "faults.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    return {
        line["check"]: Planted(
            line["count"],
            frozenset(line.get("correlation_ids", ())),
            frozenset(
                name for near in line["near_misses"] for name in near.get("correlation_ids", ())
            ),
            line,
        )
        for line in lines
        if line["count"]
    }


@pytest.fixture(scope="session")
def found(golden: GoldenMonth) -> dict[str, DoctorFinding]:
    """Everything that doctor does not call fine, of all days of the recording."""
    now = golden.settings.clock().now().date()
    findings = examine(golden.settings, golden.settings.clock(), now - timedelta(days=40), now)
    return {finding.check: finding for finding in findings if finding.severity != "ok"}


@pytest.fixture(scope="session")
def failed_requests(
    golden: GoldenMonth, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[str]]:
    """Every request that fails a check, not only the first three: check -> CorrelationIds."""
    copy = tmp_path_factory.mktemp("observed") / "warehouse.duckdb"
    shutil.copyfile(golden.settings.warehouse_file, copy)
    clock = Clock(golden.settings.clock().now())
    ids: dict[str, set[str]] = defaultdict(set)
    with writing(copy, clock, wait_seconds=5, memory_limit="1GB") as connection:
        ledger.prepare(connection, clock.now())
        days = [date.fromisoformat(day) for day in golden.manifest.days]
        for first, last in ledger.spans(days, {}):
            ledger.build_span(connection, first, last)
            rows = connection.execute('select "check", correlation_id from ledger.observed')
            for check, correlation_id in rows.fetchall():
                ids[check].add(correlation_id)
    return ids


def test_exactly_the_planted_checks_are_found(
    planted: dict[str, Planted], found: dict[str, DoctorFinding]
) -> None:
    unplanted = _VERDICTS | _OF_THE_TENANT | _OF_THE_INVOICE
    assert found.keys() - unplanted == planted.keys()


def test_both_proofs_are_refuted(found: dict[str, DoctorFinding]) -> None:
    assert found["proof_credential"].severity == found["proof_caller"].severity == "fail"
    for part in ("user_credential_forwarded", "credential_untold", "untraced"):
        assert part in found["proof_credential"].text


def test_of_requests_exactly_the_planted_ones_are_found(
    planted: dict[str, Planted], failed_requests: dict[str, set[str]]
) -> None:
    compared = 0
    for check, these in planted.items():
        if not these.ids or check in _NOT_BY_ID:
            continue
        seen = {name for name in failed_requests[check] if name}
        assert seen == these.ids, (check, seen ^ these.ids)
        compared += 1
    assert compared >= 22


def test_no_near_miss_is_found(
    planted: dict[str, Planted], failed_requests: dict[str, set[str]]
) -> None:
    near = 0
    for check, these in planted.items():
        assert not failed_requests[check] & these.near_misses, check
        near += len(these.near_misses)
    assert near > 100


def test_counts_times_and_examples_are_the_planted_ones(
    planted: dict[str, Planted], found: dict[str, DoctorFinding]
) -> None:
    for check, these in planted.items():
        if not these.ids or check in _NOT_BY_ID:
            continue
        finding = found[check]
        assert finding.count == these.count, check
        assert finding.advice, check
        assert 1 <= len(finding.examples) <= 3, check
        assert set(finding.examples) <= these.ids, check
        if these.line.get("since"):
            # A request without its gateway row is known by its usage row, which is a little later.
            margin = timedelta(minutes=3 if check == "gateway_row_missing" else 0)
            for seen, planted_at in ((finding.since, "since"), (finding.last, "last")):
                assert seen is not None
                assert abs(seen - parse_utc(these.line[planted_at])) <= margin, check


def test_counts_that_are_not_of_requests(
    planted: dict[str, Planted], found: dict[str, DoctorFinding]
) -> None:
    for check in ("gap_hours", "metrics_missing"):
        finding, line = found[check], planted[check].line
        assert finding.count == line["count"]
        assert [finding.since, finding.last] == [
            parse_utc(line["times"][0]),
            parse_utc(line["times"][-1]),
        ]
    assert planted["metrics_missing"].line["account"] in found["metrics_missing"].text
    assert found["usage_unjoinable"].count >= planted["usage_unjoinable"].count
    # A count of 10^12 does not fit the column, so the query API answers null for it.
    served_as_null = planted["impossible_tokens"].line["served_as_null"]
    assert found["impossible_tokens"].count == planted["impossible_tokens"].count - len(
        served_as_null
    )


def test_estimates_from_counts_are_near_the_truth(
    planted: dict[str, Planted], found: dict[str, DoctorFinding]
) -> None:
    sampled = planted["log_sampled"]
    assert found["log_sampled"].count == pytest.approx(sampled.count, rel=0.05)
    assert found["log_sampled"].since == parse_utc(sampled.line["times"][0])
    around = planted["outside_gateway"].line["count_on_whole_days"]
    assert found["outside_gateway"].count == pytest.approx(around, rel=0.03)


def test_fake_credentials_are_stored_and_shown_nowhere(
    golden: GoldenMonth, found: dict[str, DoctorFinding]
) -> None:
    fake = "fake-credential-of-the-sandbox"
    assert fake not in str(found)
    kept = [path for path in golden.data_dir.rglob("*") if path.is_file()]
    assert golden.settings.warehouse_file in kept
    assert not [path for path in kept if fake.encode() in path.read_bytes()]


def test_the_command_writes_findings_as_json_and_fails(
    golden: GoldenMonth, found: dict[str, DoctorFinding]
) -> None:
    arguments = ["doctor", "--format", "json", "--data-dir", str(golden.data_dir)]
    result = tollbook(*arguments)
    assert result.returncode == 1, result.stderr
    written = json.loads(result.stdout)
    checks = {record["check"] for record in written if record["severity"] != "ok"}
    assert checks == found.keys()
    (forwarded,) = [one for one in written if one["check"] == "user_credential_forwarded"]
    assert forwarded.keys() == {
        "area", "check", "severity", "text", "advice", "count", "since", "last", "examples",
    }  # fmt: skip
    assert forwarded["since"].endswith("Z")


def test_days_can_be_chosen(golden: GoldenMonth, planted: dict[str, Planted]) -> None:
    times = planted["gap_hours"].line["times"]
    first_gap = times[0][:10]
    day = ["--from", first_gap, "--to", first_gap]
    arguments = ["doctor", *day, "--format", "json", "--data-dir", str(golden.data_dir)]
    written = json.loads(tollbook(*arguments).stdout)
    (gap,) = [one for one in written if one["check"] == "gap_hours"]
    assert gap["count"] == sum(time.startswith(first_gap) for time in times)
    assert gap["since"] == times[0]
