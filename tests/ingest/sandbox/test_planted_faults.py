"""Every fault that doctor must find, and what is only near one, is in the rows as recorded."""

import csv
import gzip
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest
from recorded_checks import (
    Evidence,
    Row,
    Tenant,
    Usage,
    checks_of,
    crowded,
    evidence,
    new_agents,
    rowless_checks,
)
from recorded_tenant import GATEWAY, LLM

from ingest.sandbox.generator import generate_tenant
from ingest.sandbox.generator.deformed_rows import FAKE_CREDENTIAL
from ingest.sandbox.generator.faults import FAULTS

# Seed, users, days, and how many traps the tenant had before any fault was planted.
SIZES = {"golden": (7, 24, 31, 375), "demo": (1, 200, 31, 2_446)}
OF_HOURS = {
    "gap_hours",
    "log_sampled",
    "metrics_missing",
    "outside_gateway",
    "metric_values_dropped",
}
# Its rows have no id that could be looked up.
NAMELESS = {"usage_unjoinable"}
# A tenant has either the fault or the near miss.
EITHER = {"metric_values_dropped"}


@dataclass(frozen=True)
class Recorded:
    """A tenant's rows, looked at once: which requests each check must count, and when what came."""

    out: Path
    truth: Path
    traps: int
    found: dict[str, set[str]]
    calls_by_hour: Counter[str]
    calls_by_day: Counter[str]
    latest_by_hour: dict[str, str]
    callers: set[str]
    most_agents: list[int]
    with_credential: set[str]
    names: set[str]

    def add(self, seen: Evidence, tenant: Tenant, has_credential: bool) -> None:
        name, time = seen.row["CorrelationId"], seen.row["TimeGenerated"]
        self.names.add(name)
        for check in checks_of(seen, tenant):
            self.found[check].add(name)
        if has_credential:
            self.with_credential.add(name)
        if seen.reached and seen.caller:
            self.callers.add(seen.caller)
        if time:
            self.calls_by_hour[time[:13]] += 1
            self.calls_by_day[time[:10]] += 1
            late = self.latest_by_hour.get(time[:13], "")
            self.latest_by_hour[time[:13]] = max(late, seen.row["_IngestionTime"])

    @cached_property
    def faults(self) -> dict[str, Row]:
        return {line["check"]: line for line in lines(self.truth / "faults.jsonl")}

    @cached_property
    def requests(self) -> list[Row]:
        return list(lines(self.truth / "requests.jsonl.gz"))


def texts(place: Path) -> Iterator[str]:
    """Every line of a file, or of a folder's files."""
    for file in [place] if place.is_file() else sorted(place.iterdir()):
        data = file.read_bytes()
        yield from (gzip.decompress(data) if file.suffix == ".gz" else data).decode().splitlines()


def lines(place: Path) -> Iterator[Row]:
    return parsed(texts(place))


def parsed(some: Iterable[str]) -> Iterator[Row]:
    """Every line that can be read."""
    for text in some:
        try:
            yield json.loads(text)
        except json.JSONDecodeError:
            continue


def look(folder: Path, size: str) -> Recorded:
    seed, users, days, traps = SIZES[size]
    out, truth = folder / "workspace", folder / "truth"
    generate_tenant(out, truth=truth, seed=seed, users=users, days=days)
    usage: dict[str, Usage] = defaultdict(Usage)
    for row in lines(out / "tables" / LLM):
        usage[row["CorrelationId"]].add(row)
    usage.pop("", None)
    properties = (row["Properties"] for row in lines(out / "tables" / "AppTraces"))
    traces = {of["request_id"]: of for of in properties if "request_id" in of}
    tenant = Tenant(
        deployments=tomllib.loads((out / "workspace.toml").read_text("utf-8"))["deployments"],
        subscriptions=subscriptions(out),
    )
    recorded = Recorded(
        out, truth, traps, defaultdict(set), Counter(), Counter(), {}, set(), [], set(), set()
    )
    agents = new_agents()
    # A few rows are there twice, byte for byte.
    for text in dict.fromkeys(texts(out / "tables" / GATEWAY)):
        for row in parsed([text]):
            name = row["CorrelationId"]
            seen = evidence(row, traces.get(name), usage.get(name))
            recorded.add(seen, tenant, FAKE_CREDENTIAL in text)
            if seen.caller and row["TimeGenerated"]:
                agents[seen.caller, row["TimeGenerated"][:13]][seen.agent].append(name)
    for name in usage.keys() - recorded.names:
        for check in rowless_checks(usage[name], tenant):
            recorded.found[check].add(name)
    recorded.names.update(usage)
    recorded.found["gateway_in_front"] |= crowded(agents)
    recorded.most_agents.extend(sorted(map(len, agents.values()))[-3:])
    return recorded


def subscriptions(out: Path) -> set[str]:
    with (out / "seeds" / "subscriptions.csv").open(encoding="utf-8") as file:
        return {row["apim_subscription_id"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module", params=list(SIZES))
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    return look(tmp_path_factory.mktemp(request.param), request.param)


def test_the_rows_show_what_the_truth_lists_and_nothing_else(recorded: Recorded) -> None:
    listed = {
        check: set(line["correlation_ids"])
        for check, line in recorded.faults.items()
        if check not in OF_HOURS | NAMELESS
    }
    found = {check: names - {""} for check, names in recorded.found.items()}
    differ = {
        check: (len(listed.get(check, ())), len(found.get(check, ())))
        for check in listed.keys() | found.keys()
        if listed.get(check) != found.get(check)
    }
    assert not differ


def test_every_check_has_faults_and_near_misses(recorded: Recorded) -> None:
    faults = recorded.faults
    assert {fault.check for fault in FAULTS if fault.check} <= set(faults)
    assert set(faults) >= OF_HOURS | NAMELESS
    for check, line in faults.items():
        near = [n for n in line["near_misses"] if n.get("correlation_ids") or n.get("times")]
        if check not in EITHER:
            assert line["count"] >= 2, check
            assert near, check
        assert set(line["correlation_ids"]).isdisjoint(
            name for miss in near for name in miss.get("correlation_ids", ())
        )
    for fault in (fault for fault in FAULTS if fault.near_miss):
        whys = [miss["why"] for miss in faults[fault.check]["near_misses"]]
        assert fault.near_miss in whys or fault.name == "late_hour", fault.name


def test_since_and_last_are_the_first_and_the_last(recorded: Recorded) -> None:
    times = {row["correlation_id"]: row for row in recorded.requests}
    spread = set()
    for check, line in recorded.faults.items():
        timed = [
            times[name]["time"]
            for name in line["correlation_ids"]
            if times[name]["trap"] not in {"null_time", "null_time_gateway", "empty_correlation_id"}
        ]
        assert timed == sorted(timed)
        if timed and line["count"] == len(line["correlation_ids"]):
            assert (line["since"], line["last"]) == (timed[0], timed[-1]), check
            spread.add(line["since"][:10])
    assert len(spread) > 8


def test_no_call_carries_two(recorded: Recorded) -> None:
    rows = [row for row in recorded.requests if row["fault"]]
    assert rows
    assert {row["trap"] for row in rows} == {""}
    traced = {
        row["correlation_id"]: row["trap"] for row in lines(recorded.truth / "traces.jsonl.gz")
    }
    assert {traced.get(row["correlation_id"], "") for row in rows} == {""}
    unlogged = [row["correlation_id"] for row in lines(recorded.truth / "unlogged.jsonl.gz")]
    assert {traced.get(name, "") for name in unlogged} == {""}
    figures = tomllib.loads((recorded.truth / "truth.toml").read_text("utf-8"))
    planted = {name: number for name, number in figures["faults"].items() if number}
    assert planted == Counter(row["fault"] for row in rows)
    assert sum(figures["traps"].values()) == recorded.traps


def test_fake_credentials_are_where_they_were_planted_only(recorded: Recorded) -> None:
    assert recorded.with_credential == set(recorded.faults["credential_logged"]["correlation_ids"])
    for table in (recorded.out / "tables").iterdir():
        if table.name != GATEWAY:
            assert not any(FAKE_CREDENTIAL in text for text in texts(table))
    others = [
        place for place in recorded.out.iterdir() if place.is_dir() and place.name != "tables"
    ]
    for place in others:
        assert not any(FAKE_CREDENTIAL in text for text in texts(place))


def test_one_caller_has_many_agents_and_one_just_not(recorded: Recorded) -> None:
    assert recorded.most_agents[-1] >= 9
    assert recorded.most_agents[-2] == 7
    assert recorded.most_agents[-3] < 7


def test_unlogged_calls_are_in_no_row(recorded: Recorded) -> None:
    unlogged = {row["correlation_id"] for row in lines(recorded.truth / "unlogged.jsonl.gz")}
    assert len(unlogged) > 50
    assert unlogged.isdisjoint(row["correlation_id"] for row in recorded.requests)
    assert unlogged.isdisjoint(recorded.names)
    records = lines(recorded.out / "usage")
    assert unlogged.isdisjoint(row["correlation_id"] for row in records)


def test_the_gateway_counts_what_the_log_lacks(recorded: Recorded) -> None:
    hours, days = gateway_counts(recorded)
    gap, sampled = recorded.faults["gap_hours"], recorded.faults["log_sampled"]
    gaps = {time[:13] for time in gap["times"]}
    assert {
        hour for hour in hours if hours[hour] >= 10 and not recorded.calls_by_hour[hour]
    } == gaps
    assert (gap["since"], gap["count"]) == (gap["times"][0], 2)
    inner = sorted(days)[2:-2]
    assert {time[:10] for time in (*gap["times"], *sampled["times"])} < set(inner)
    lost = {day: days[day] - recorded.calls_by_day[day] for day in days}
    for gap_hour in gaps:
        lost[gap_hour[:10]] -= hours[gap_hour]
    (day,) = (time[:10] for time in sampled["times"])
    short = {day for day in days if lost[day] >= 10 and lost[day] >= 0.02 * days[day]}
    assert short == {day}
    assert abs(lost[day] - sampled["count"]) <= 3
    assert sampled["count"] > 0.08 * days[day]
    (few,) = sampled["near_misses"][0]["times"]
    assert 2 <= lost[few[:10]] < 10


def gateway_counts(recorded: Recorded) -> tuple[Counter[str], Counter[str]]:
    """The gateway's own count of requests by hour and by day."""
    newest: dict[str, tuple[str, int]] = {}
    for text in texts(recorded.out / "metrics"):
        if '"metric":"Requests"' in text:
            point = json.loads(text)
            identity = point["time"] + json.dumps(point["dimensions"])
            newest[identity] = max(
                newest.get(identity, ("", 0)), (point["available_at"], point["total"])
            )
    hours, days = Counter[str](), Counter[str]()
    for identity, (_, total) in newest.items():
        hours[identity[:13]] += total
        days[identity[:10]] += total
    return hours, days


def test_hours_that_only_look_like_gaps(recorded: Recorded) -> None:
    late, quiet = recorded.faults["gap_hours"]["near_misses"]
    (hour,) = late["times"]
    assert recorded.calls_by_hour[hour[:13]] >= 12
    assert recorded.latest_by_hour[hour[:13]] > f"{hour[:8]}{int(hour[8:10]) + 2:02}"
    assert quiet["times"]
    assert not any(recorded.calls_by_hour[time[:13]] for time in quiet["times"])


def test_two_hours_of_one_account_have_no_points(recorded: Recorded) -> None:
    line = recorded.faults["metrics_missing"]
    account = line["account"]
    answered = defaultdict[str, set[str]](set)
    for text in texts(recorded.out / "metrics"):
        if f'/accounts/{account}"' in text:
            point = json.loads(text)
            answered[point["time"][:13]].add(point["metric"])
    workspace = tomllib.loads((recorded.out / "workspace.toml").read_text("utf-8"))
    own = (d for d in workspace["deployments"] if d["foundry_resource_id"].endswith(account))
    names = {deployment["name"] for deployment in own}
    reached = Counter(row["time"][:13] for row in recorded.requests if row["deployment"] in names)
    assert {hour for hour in reached if reached[hour] >= 5 and not answered[hour]} == {
        time[:13] for time in line["times"]
    }
    assert line["count"] == 2
    small, idle = line["near_misses"]
    for time in small["times"]:
        assert 1 <= reached[time[:13]] <= 2
        assert not answered[time[:13]]
    assert idle["times"]
    assert not any(reached[time[:13]] or answered[time[:13]] for time in idle["times"])
    lost = {
        row["time"][:13]
        for row in lines(recorded.truth / "metric_minutes.jsonl.gz")
        if not row["recorded"]
    }
    assert lost == {time[:13] for time in (*line["times"], *small["times"])}


def test_the_token_metric_drops_callers_beyond_a_hundred(recorded: Recorded) -> None:
    rows = lines(recorded.out / "tables" / "AppMetrics")
    shown = {row["Properties"]["oid"] for row in rows}
    dropped = recorded.faults["metric_values_dropped"]
    if len(shown) >= 95:
        assert dropped["count"] == len(recorded.callers - shown) > 0
        assert dropped["since"]
    else:
        assert (dropped["count"], dropped["since"]) == (0, None)
        assert dropped["near_misses"]


def test_traffic_around_the_gateway_is_told(recorded: Recorded) -> None:
    outside = list(lines(recorded.truth / "outside.jsonl.gz"))
    line = recorded.faults["outside_gateway"]
    assert line["count"] == len(outside) > line["count_on_whole_days"] > 0
    assert (line["since"], line["last"]) == (outside[0]["time"], outside[-1]["time"])
