"""Services that misbehave in every way we know: never a hang, a hole, a double or a silent gap.

A disturbed run ends in time. Either it succeeded, and the tables are already those of a run that
nothing disturbed, or it says what to do, and the next run after the fault makes them so.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from disturbed import TABLES, Fault, Filling, Tables, Tenant, at, difference, serving
from golden.booked import booked_requests

from ingest.source import APP_METRICS, APP_TRACES, GATEWAY_LOG, LLM_LOG, LOG_SOURCES, Source
from jobs.ingestion import INGESTION
from jobs.pipeline import JOBS
from models.publication import read_manifest
from models.sql_files import kql

ALL = (*INGESTION, "directory")
SERVICES = {
    "logs": "logs",
    "metrics": "metrics",
    "costs": "costs",
    "retail": "retail-prices",
    "blobs": "usage",
    "graph": "directory",
}
"""The job that reads each service."""

SOAK = pytest.mark.skipif(
    os.environ.get("TOLLBOOK_SOAK") != "1",
    reason="the whole fault matrix takes minutes: set TOLLBOOK_SOAK=1 for it",
)
# A minute before the recording's end; halving down to seconds takes its number of queries.
NARROW = datetime(2026, 10, 4, 23, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tenant]:
    with serving(tmp_path_factory.mktemp("tenant")) as served:
        yield served


@pytest.fixture(scope="module")
def expected(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """What all jobs fill when nothing disturbs them."""
    filling = Filling(tenant.settings(tmp_path_factory.mktemp("expected") / "data"))
    assert filling.run(*ALL) is None
    filling.assert_explained()
    filling.assert_whole(*(source.name for source in LOG_SOURCES), "platform_metrics")
    tables = filling.tables(*TABLES)
    assert all(tables.values()), "a table without rows proves nothing"
    return tables


@dataclass(frozen=True)
class Case:
    """Faults of one service and how a run of its job ends under them: it survives, or says why not.

    `is_empty` says that the services seem to hold nothing. `is_quick` is of the part of the matrix
    that runs without TOLLBOOK_SOAK.
    """

    name: str
    service: str
    faults: tuple[Fault, ...]
    survives: bool
    says: str = ""
    within_seconds: float = 8
    changes: dict[str, Any] = field(default_factory=dict)
    is_empty: bool = False
    is_quick: bool = False


def parameters(*cases: Case) -> list[Any]:
    """The cases as parameters; those that are not quick want TOLLBOOK_SOAK=1."""
    return [pytest.param(case, id=case.name, marks=() if case.is_quick else SOAK) for case in cases]


def parameters_of(*values: Any) -> list[Any]:
    """Values as parameters that want TOLLBOOK_SOAK=1."""
    return [
        pytest.param(value, id=str(getattr(value, "name", value)), marks=SOAK) for value in values
    ]


def both(service: str, name: str, survives_once: bool, **fault: Any) -> Iterator[Case]:
    """The same fault once, then good; and for as long as one asks."""
    one = {"service": service, **fault}
    yield Case(f"{service}-{name}-once", service, ({**one, "times": 1},), survives_once)
    yield Case(f"{service}-{name}-always", service, (one,), survives=False)


def statuses(service: str) -> Iterator[Case]:
    """Every status, with the service's own error and with what a proxy sends instead."""
    for status in (408, 429, 500, 502, 503, 504):
        yield from both(service, str(status), True, kind="status", status=status)
    for status in (400, 401, 403, 404):
        yield from both(service, str(status), status == 401, kind="status", status=status)
    for status in (200, 502):
        for body in ("html", "empty", "{}", '"text"', "[1]"):
            name = f"{status}-{body}"
            yield from both(service, name, True, kind="status", status=status, body=body)
    waits = {"1s": "1", "no-number": "soon", "past": "Wed, 01 Jan 2020 00:00:00 GMT"}
    for name, text in waits.items():
        fault = {"kind": "status", "status": 429, "headers": {"Retry-After": text}, "times": 1}
        yield Case(
            f"{service}-429-{name}", service, ({"service": service, **fault},), survives=True
        )
    for name, text in {"200s": "200", "far": "Wed, 01 Jan 2120 00:00:00 GMT"}.items():
        fault = {"kind": "status", "status": 503, "headers": {"Retry-After": text}, "times": 1}
        yield Case(
            f"{service}-503-{name}",
            service,
            ({"service": service, **fault},),
            survives=False,
            within_seconds=4,
        )
    yield from nothing(service)
    if service != "retail":
        yield from both(service, "expired", True, kind="expired_token")


def nothing(service: str) -> Iterator[Case]:
    """No content (204), as Log Analytics and Cost Management say of a place that holds nothing.

    One that always says so cannot be told from an empty one: the run succeeds, and vouches for
    nothing. One that also says something else contradicts itself.
    """
    survives = service not in {"logs", "blobs"}
    once, always = both(service, "204", survives, kind="status", status=204)
    yield once
    yield replace(
        always, survives=service in {"logs", "costs"}, is_empty=always.service != "retail"
    )


def connections(service: str) -> Iterator[Case]:
    """Connections that break before the answer, in its head, between rows and in one."""
    yield from both(service, "drop", True, kind="drop")
    for size_bytes in (0, 20, 300, 1_000):
        yield from both(service, f"reset-{size_bytes}", True, kind="reset", bytes=size_bytes)
        yield from both(service, f"truncate-{size_bytes}", True, kind="truncate", bytes=size_bytes)


# Part of every run of the tests: each service with each kind of failure that its client treats
# in a way of its own.
QUICK = {
    *("logs-504-always", "logs-204-once", "logs-204-always", "logs-503-200s"),
    *("logs-reset-300-once", "logs-truncate-1000-once"),
    *("logs-expired-once", "logs-200-{}-once", "logs-400-always"),
    *("metrics-truncate-300-once", "metrics-403-always"),
    *("costs-503-far", "costs-204-once", "costs-truncate-300-once", "costs-500-always"),
    *("retail-200-html-once", "retail-reset-20-once", "retail-404-always"),
    *("blobs-truncate-300-once", "blobs-reset-300-once", "blobs-expired-always"),
    *("graph-500-once", "graph-503-200s", "graph-200-html-always"),
    *("graph-reset-300-once", "graph-truncate-20-once"),
    *("graph-expired-always", "graph-204-once"),
}
MATRIX = [
    replace(case, is_quick=case.name in QUICK)
    for service in SERVICES
    for case in (*statuses(service), *connections(service))
]


def test_the_quick_cases_are_cases() -> None:
    assert {case.name for case in MATRIX} >= QUICK


@pytest.mark.timeout(90)
@pytest.mark.parametrize("case", parameters(*MATRIX))
def test_a_fault_of_one_service(
    tenant: Tenant, expected: Tables, tmp_path: Path, case: Case
) -> None:
    disturb(tenant, expected, Filling(tenant.settings(tmp_path / "data", **case.changes)), case)


def disturb(tenant: Tenant, expected: Tables, filling: Filling, case: Case) -> None:
    """Run the service's job under the faults and once without them; it must end as expected."""
    job = SERVICES[case.service]
    wanted = {name: expected[name] for name in TABLES[job]}
    with tenant.showing(*case.faults):
        failure = filling.run(job, within_seconds=case.within_seconds)
    filling.assert_explained()
    found = filling.tables(job)
    if case.is_empty:
        assert not any(found.values())
    elif failure is None:
        assert not difference(found, wanted)
    assert (failure is None) == case.survives, failure
    assert case.says in str(failure)
    assert filling.run(job) is None
    filling.assert_explained()
    filling.assert_whole()
    assert not difference(filling.tables(job), wanted)


# --- what only logs show


def of_logs(name: str, *faults: Fault, survives: bool = True, **more: Any) -> Case:
    return Case(name, "logs", tuple({"service": "logs", **one} for one in faults), survives, **more)


def logs_cases() -> Iterator[Case]:
    """Rows and columns other than the tables have them."""
    for kind in ("duplicate_rows", "reorder_rows"):
        yield of_logs(kind, {"kind": kind}, is_quick=kind == "duplicate_rows")
    yield of_logs("every-third-twice", {"kind": "duplicate_rows", "every_row": 3})
    for number, source in enumerate(LOG_SOURCES):
        yield of_logs(
            f"partial-{source.name}",
            {"kind": "partial", "rows": 3, "wider_than_seconds": 50_000, "table": source.title},
            is_quick=number == 0,
        )
        yield of_logs(
            f"partial-to-the-second-{source.name}",
            {"kind": "partial", "rows": 0, "table": source.title},
            survives=False,
            says="read that time from a data export",
            within_seconds=60,
            changes={"history_from": NARROW},
        )
        yield of_logs(
            f"column-added-{source.name}",
            {"kind": "add_column", "table": source.title, "column": "New", "value": 1},
            survives=False,
            says="other columns than asked for",
            is_quick=number == 0,
        )
        for column in columns_named(source):
            yield of_logs(
                f"column-gone-{source.name}-{column}",
                {"kind": "drop_column", "table": source.title, "column": column},
                survives=False,
                says="other columns than documented",
                is_quick=(number, column) == (1, "CorrelationId"),
            )


def columns_named(source: Source) -> list[str]:
    """The columns of a table that its query names, as the query itself says."""
    query = kql(source.name, window_start="", window_end="", time_floor="")
    projected = re.findall(r"^ +\w+ = (\w+),?$", query, re.MULTILINE)
    assert len(projected) == len(source.columns) - 1
    return projected


@pytest.mark.timeout(90)
@pytest.mark.parametrize("case", parameters(*logs_cases()))
def test_a_fault_of_rows_or_columns(
    tenant: Tenant, expected: Tables, tmp_path: Path, case: Case
) -> None:
    filling = Filling(tenant.settings(tmp_path / "data", **case.changes))
    if case.changes:
        # A short history: what is expected of it is what it brings undisturbed.
        undisturbed = Filling(tenant.settings(tmp_path / "undisturbed", **case.changes))
        assert undisturbed.run("logs") is None
        expected = undisturbed.tables("logs")
    disturb(tenant, expected, filling, case)


# --- one source fails, the others are read


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    "service", [*("logs", "graph"), *parameters_of("metrics", "costs", "retail", "blobs")]
)
def test_the_other_sources_are_read(
    tenant: Tenant, expected: Tables, tmp_path: Path, service: str
) -> None:
    filling = Filling(tenant.settings(tmp_path / "data"))
    with tenant.showing({"service": service, "kind": "status", "status": 403}):
        assert filling.run(*ALL) is not None
    others = [job for name, job in SERVICES.items() if name != service]
    for job in others:
        wanted = {name: expected[name] for name in TABLES[job]}
        assert not difference(filling.tables(job), wanted)
    assert not any(filling.tables(SERVICES[service]).values())
    assert filling.run(*ALL) is None
    filling.assert_explained()
    filling.assert_whole()
    assert not difference(filling.tables(*TABLES), expected)


@pytest.mark.parametrize(
    "source",
    [pytest.param(GATEWAY_LOG, id="gateway_log"), *parameters_of(LLM_LOG, APP_METRICS, APP_TRACES)],
)
def test_the_other_tables_are_read(
    tenant: Tenant, expected: Tables, tmp_path: Path, source: Source
) -> None:
    filling = Filling(tenant.settings(tmp_path / "data"))
    fault = {"service": "logs", "table": source.title, "kind": "status", "status": 500}
    with tenant.showing(fault):
        assert source.title in str(filling.run("logs"))
    wanted = {name: expected[name] for name in TABLES["logs"]}
    wrong = difference(filling.tables("logs"), wanted)
    staging = {f"staging.{source.staging_table}"} if source.staging_table else set()
    assert wrong.keys() == {f"raw.{source.name}"} | staging


# --- what is published in the end


@pytest.fixture(scope="module")
def booked(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The requests of a publication that nothing disturbed."""
    filling = Filling(tenant.settings(tmp_path_factory.mktemp("booked") / "data"))
    assert filling.run(*JOBS) is None
    return booked_requests(filling.settings.publication_dir)


DISTURBANCES = {
    "many": [
        {"service": "logs", "kind": "drop", "every": 3, "times": 4},
        {"service": "logs", "kind": "duplicate_rows"},
        {"service": "graph", "kind": "status", "status": 429, "times": 1},
        {"service": "metrics", "kind": "status", "status": 503, "body": "html", "every": 2},
    ],
    "mixed": [
        {"service": "logs", "kind": "partial", "rows": 5, "wider_than_seconds": 40_000},
        {"service": "graph", "kind": "empty_page", "times": 3},
    ],
    "half": [{"service": "logs", "kind": "reset", "bytes": 800, "table": LLM_LOG.title}],
    "unordered": [{"service": "logs", "kind": "reorder_rows", "seed": 5}],
}


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    "name",
    [pytest.param("many"), *parameters_of(*(name for name in DISTURBANCES if name != "many"))],
)
def test_the_ledger_is_that_of_an_undisturbed_run(
    tenant: Tenant, booked: list[dict[str, Any]], tmp_path: Path, name: str
) -> None:
    filling = Filling(tenant.settings(tmp_path / "data"))
    folder = filling.settings.publication_dir
    with tenant.showing(*DISTURBANCES[name]):
        failure = filling.run(*JOBS)
    is_booked = read_manifest(folder) is not None
    assert is_booked or failure is not None
    assert not is_booked or booked_requests(folder) == booked
    assert filling.run(*JOBS) is None
    assert booked_requests(folder) == booked
    assert booked


# --- faults that last while the clock goes on


EARLIER, LATER, LATEST = (datetime(2026, 10, 1, hour, tzinfo=UTC) for hour in (10, 11, 12))


@pytest.fixture
def clocked(tenant: Tenant) -> Iterator[None]:
    """Set the services' clock back to the recording's end after a test that moves it."""
    yield
    tenant.control.move_clock(tenant.recorded.now)


@pytest.fixture(scope="module")
def by_noon(tenant: Tenant, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """What the jobs fill that ran undisturbed at each of the three moments."""
    filling = Filling(tenant.settings(tmp_path_factory.mktemp("noon") / "data"))
    for moment in (EARLIER, LATER, LATEST):
        at(tenant, filling, moment)
        assert filling.run("logs", "metrics", "directory") is None
    tenant.control.move_clock(tenant.recorded.now)
    return filling.tables("logs", "metrics", "directory")


@dataclass(frozen=True)
class Later:
    """A fault of the second of three runs, and what that run must say; empty when it survives."""

    name: str
    job: str
    fault: Fault
    says: str = ""
    is_quick: bool = False


LATER_FAULTS = [
    *(
        Later(
            f"{source.title}-hidden",
            "logs",
            {"service": "logs", "kind": "hide_table", "table": source.title},
            "" if source.is_optional else "does not exist",
            source in {LLM_LOG, APP_TRACES},
        )
        for source in LOG_SOURCES
    ),
    *(
        Later(
            f"{service}-clock-{name}",
            SERVICES[service],
            {"service": service, "kind": "clock_skew", "seconds": seconds},
            is_quick=(service, name) == ("logs", "behind"),
        )
        for service in ("logs", "metrics", "graph")
        for name, seconds in {"behind": -1_800, "far-behind": -18_000, "ahead": 1_800}.items()
    ),
    *(
        Later(
            f"{service}-no-content",
            SERVICES[service],
            {"service": service, "kind": "status", "status": 204},
            "next run asks again",
            service == "logs",
        )
        for service in ("logs", "metrics", "graph")
    ),
    *(
        Later(
            f"{collection}-{kind}",
            "directory",
            {"service": "graph", "kind": kind, "path": f"^/v1.0/{collection}/delta", **keys},
            says,
            kind == "gone",
        )
        for collection in ("users", "servicePrincipals")
        for kind, says, keys in (
            ("gone", "", {}),
            ("empty_page", "", {}),
            ("expired_token", "grant", {}),
            ("status", "status 500", {"status": 500}),
            ("status", "status 429", {"status": 429, "retry_after": 200}),
            ("truncate", "no page", {"bytes": 30}),
        )
    ),
]


def named(cases: list[Later]) -> list[Any]:
    quick = {case.name for case in cases if case.is_quick}
    found = parameters_of(*cases)
    return [
        pytest.param(case, id=case.name) if case.name in quick else parameter
        for case, parameter in zip(cases, found, strict=True)
    ]


@pytest.mark.timeout(90)
@pytest.mark.usefixtures("clocked")
@pytest.mark.parametrize("case", named(LATER_FAULTS))
def test_a_fault_that_lasts_an_hour(
    tenant: Tenant, by_noon: Tables, tmp_path: Path, case: Later
) -> None:
    filling = Filling(tenant.settings(tmp_path / "data"))
    at(tenant, filling, EARLIER)
    assert filling.run(case.job) is None
    at(tenant, filling, LATER)
    with tenant.showing(case.fault):
        failure = filling.run(case.job, within_seconds=8)
    assert (failure is not None) == bool(case.says)
    assert case.says in str(failure)
    at(tenant, filling, LATEST)
    assert filling.run(case.job) is None
    filling.assert_explained()
    filling.assert_whole()
    # What was observed when is the run's own; what a metric's point was before, of no use.
    wanted = {name: by_noon[name] for name in TABLES[case.job] if name != "raw.platform_metrics"}
    assert not difference(filling.tables(case.job), wanted)


# --- slow services


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every source wait a second for a byte and two for an answer."""
    monkeypatch.setattr("ingest.log_query._GRACE_SECONDS", 0)
    monkeypatch.setattr("ingest.log_query._LONGEST_TRANSFER", 2)
    monkeypatch.setattr("ingest.azure_answer._READ_TIMEOUT_SECONDS", 1)
    monkeypatch.setattr("ingest.azure_answer._LONGEST_TRANSFER_SECONDS", 2)
    monkeypatch.setattr("ingest.azure_clients._GRAPH_TIMEOUT", 1)
    monkeypatch.setattr("ingest.graph_service._LONGEST_PAGE_SECONDS", 2)


def slow_cases() -> Iterator[Case]:
    """Answers that come late, and answers that drip."""
    for service in SERVICES:
        if service == "blobs":
            continue
        narrow = {"table": GATEWAY_LOG.title} if service == "logs" else {}
        for name, fault in {
            "late": {"kind": "delay", "seconds": 4},
            "dripping": {"kind": "trickle", "bytes": 10, "seconds": 0.2},
        }.items():
            for case in both(service, name, True, **fault, **narrow):
                is_quick = case.name in {
                    "logs-late-once",
                    "logs-dripping-always",
                    "graph-dripping-once",
                }
                changes = {"query_timeout_seconds": 1}
                yield replace(case, within_seconds=15, changes=changes, is_quick=is_quick)


@pytest.mark.timeout(90)
@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("case", parameters(*slow_cases()))
def test_a_service_that_is_slow(
    tenant: Tenant, expected: Tables, tmp_path: Path, case: Case
) -> None:
    disturb(tenant, expected, Filling(tenant.settings(tmp_path / "data", **case.changes)), case)
