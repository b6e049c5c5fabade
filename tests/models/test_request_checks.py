"""Each check of single requests finds its fault, and says nothing of what only looks like it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from core_rows import (
    NOW,
    Books,
    Row,
    correlation,
    deployment,
    gateway,
    land_rows,
    llm,
    oid,
    open_books,
    person,
)

from ingest.source import APP_TRACES
from models.clock import Clock
from models.finding import DoctorFinding
from models.published_findings import published_findings
from models.request_checks import CHECKS

_AGENT = {"User-Agent": "claude-cli/2.0 (external, cli)", "x-claude-code-session-id": "s"}
_TOLD = {"user_authorization_forwarded": "false", "credential_kind": "managed_identity"}
_NAMED = {"x-caller-oid": oid(1), "x-llm-deployment": "plain"}
_DESKTOP = "Mozilla/5.0 (KHTML, like Gecko) Claude/{} Chrome/142.0 Electron/39.1.1 Safari/537.36"


def traces(**metadata: Any) -> list[Row]:
    return [{"source": "tollbook", "metadata": metadata}]


def sound(number: int, **changes: Any) -> Row:
    """A request in which everything is as docs/gateway wants it, few of them in one hour."""
    return gateway(
        number,
        **{
            "at": f"2026-10-05T{number % 20:02}:00:00Z",
            "request_headers": _AGENT,
            "backend_request_headers": _NAMED,
            "response_headers": _NAMED,
            "trace_records": traces(**_TOLD),
        }
        | changes,
    )


def agent(text: str | None, **more: str) -> dict[str, Any]:
    return {"request_headers": ({"User-Agent": text} if text else {}) | more}


def sides(backend: Row | None, response: Row | None) -> dict[str, Any]:
    return {"backend_request_headers": backend or {}, "response_headers": response or {}}


def models(code: int, path: str = "/claude/v1/models") -> dict[str, Any]:
    return {
        "method": "GET",
        "url": f"https://gateway.example{path}",
        "response_code": code,
        "backend_response_code": None,
        **sides(None, _NAMED),
        "trace_records": [],
    }


def refused(code: int, response: Row | None) -> dict[str, Any]:
    return {
        "response_code": code,
        "backend_response_code": None,
        **sides(None, response),
        "trace_records": [],
    }


_UNLISTED = {"x-caller-oid": oid(1), "x-llm-deployment": "shadow"}

# check: what must be found with it, what must not (None: a request that is simply not there)
FAULTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "user_credential_forwarded": (
        {"trace_records": traces(**_TOLD | {"user_authorization_forwarded": "TRUE"})},
        {"trace_records": traces(**_TOLD | {"user_authorization_forwarded": "False"})},
    ),
    "credential_untold": (
        {"trace_records": traces(**_TOLD | {"credential_kind": "unknown"})},
        {"trace_records": traces(**_TOLD | {"credential_kind": "Managed_Identity"})},
    ),
    "untraced": (
        {"trace_records": []},
        refused(401, None),
    ),
    "mixed_credentials": (
        {"trace_records": traces(**_TOLD | {"credential_kind": "key"})},
        {},
    ),
    "caller_conflict": (
        sides(_NAMED, _NAMED | {"x-caller-oid": oid(2)}),
        # The client named somebody else, and the policy replaced it.
        {"request_headers": _AGENT | {"x-caller-oid": oid(2)}},
    ),
    "no_caller": (
        sides({"x-llm-deployment": "plain"}, {"x-llm-deployment": "plain"}),
        refused(401, None),
    ),
    "malformed_oid": (
        {"response_headers": _NAMED | {"x-caller-oid": "unknown user"}},
        {"response_headers": _NAMED | {"x-caller-oid": oid(1).upper()}},
    ),
    "trace_only": (
        {**sides(None, None), "trace_records": traces(**_TOLD, oid=oid(1))},
        {"trace_records": traces(**_TOLD, oid=oid(1))},
    ),
    "backend_header_missing": (
        sides({"x-llm-deployment": "plain"}, _NAMED),
        refused(429, _NAMED),
    ),
    "response_header_missing": (
        sides(_NAMED, {"x-llm-deployment": "plain"}),
        {"response_code": 499} | sides(_NAMED, None),
    ),
    "refusal_without_caller": (
        refused(429, None),
        refused(401, None),
    ),
    "subscription_only": (
        {"apim_subscription_id": "legacy"} | refused(401, None),
        {"apim_subscription_id": "legacy"},
    ),
    "credential_logged": (
        {"request_headers": _AGENT | {"Authorization": "Bearer not-a-real-token-0000000"}},
        {"request_headers": _AGENT | {"x-authorization-mode": "sso", "x-bearer": "polar bear"}},
    ),
    "malformed_headers": (
        {"request_headers": "User-Agent is what", **agent(None)} | {"request_headers": "no json"},
        {"request_headers": json.dumps(_AGENT)},
    ),
    "time_missing": (
        {"at": None, "ingested_at": "2026-10-05T10:05:00Z"} | refused(403, _NAMED),
        {"ingested_at": "2026-10-08T10:05:00Z"},
    ),
    "deployment_unknown": (
        {
            **sides({"x-caller-oid": oid(1)}, {"x-caller-oid": oid(1)}),
            "backend_url": "https://new/",
        },
        {**sides({"x-caller-oid": oid(1)}, {"x-caller-oid": oid(1)})},
    ),
    "desktop_outdated": (
        agent(_DESKTOP.format("1.4.99")),
        agent(_DESKTOP.format("1.15.2")),
    ),
    "user_agent_missing": (
        agent(None),
        models(200) | agent(None),
    ),
    "session_missing": (
        agent("claude-cli/2.0 (external, cli)"),
        agent("Anthropic/Python 0.109.0"),
    ),
    "gateway_in_front": (
        agent("litellm/1.55.3"),
        agent("Anthropic/Python 0.109.0 kongsberg-notes"),
    ),
    "discovery_failing": (
        models(404, "/claude/v1/v1/models"),
        models(200),
    ),
    "deployment_refused": (
        refused(403, _NAMED | {"x-denied-by": "deployment"}),
        refused(403, _NAMED | {"x-denied-by": "identity"}),
    ),
    "deployment_unlisted": (
        sides(_UNLISTED, _UNLISTED),
        {},
    ),
}
# What follows from the fault as well.
ALSO = {
    "no_caller": set(),
    "malformed_headers": {"user_agent_missing"},
    "trace_only": set(),
    "subscription_only": set(),
}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    # Two deployments of one model on two accounts: a host that is neither names none of them.
    deployments = (
        deployment("plain", "one", "claude-plain"),
        deployment("plain-us", "two", "claude-plain"),
    )
    with open_books(tmp_path, deployments=deployments) as opened:
        opened.observe(*(person(number) for number in range(1, 9)))
        yield opened


def found_in(books: Books) -> dict[str, DoctorFinding]:
    """Publish, and return what doctor finds beside what is in order, by check."""
    books.publish()
    found = published_findings(books.publication, Clock(NOW))
    return {finding.check: finding for finding in found if finding.severity != "ok"}


def landed(books: Books, *requests: tuple[int, dict[str, Any]]) -> None:
    """Land numbered requests, and usage of those that the backend answered."""
    rows = [sound(number, **changes) for number, changes in requests]
    books.land(*rows)
    numbers = [number for number, _ in requests]
    answered = [row["backend_response_code"] == 200 for row in rows]
    if usage := [llm(number) for number, is_one in zip(numbers, answered, strict=True) if is_one]:
        books.land(*usage)


@pytest.mark.parametrize("check", FAULTS)
def test_a_fault_is_found_and_its_near_miss_is_not(books: Books, check: str) -> None:
    fault, near_miss = FAULTS[check]
    # Enough that one of them is under 2 %.
    landed(books, *((number, {}) for number in range(1, 60)), (60, near_miss), (61, near_miss))
    proofs = {"proof_credential", "proof_caller"}
    assert found_in(books).keys() - proofs == set()

    landed(books, (71, fault))
    found = found_in(books)
    assert found.keys() - proofs == {check} | ALSO.get(check, set())
    assert (found[check].count, found[check].examples) == (1, (correlation(71),))
    assert found[check].since == found[check].last
    assert found[check].advice


def test_every_check_of_requests_has_its_fault_here() -> None:
    elsewhere = {
        "usage_row_missing",
        "gateway_row_missing",
        "usage_unjoinable",
        "impossible_tokens",
    }
    assert {check.name for check in CHECKS} == FAULTS.keys() | elsewhere


def test_checks_of_usage_rows(books: Books) -> None:
    books.land(*(sound(number) for number in range(1, 4)))
    books.land(
        llm(1),
        llm(2, prompt_tokens=-5),
        llm(9),
        llm(5, correlation_id=None),
    )
    found = found_in(books)
    counted = {check: (finding.count, finding.examples) for check, finding in found.items()}
    assert counted == {
        "usage_row_missing": (1, (correlation(3),)),
        "impossible_tokens": (1, (correlation(2),)),
        "gateway_row_missing": (1, (correlation(9),)),
        # Without its gateway row nothing but the model tells, which two deployments have.
        "deployment_unknown": (1, (correlation(9),)),
        "usage_unjoinable": (1, ()),
    } | {
        # The usage without a gateway row has no caller, so the second proof lacks a witness.
        name: counted[name]
        for name in ("proof_credential", "proof_caller")
        if name in counted
    }


def test_eight_programs_of_one_caller_in_an_hour_are_a_crowd_and_seven_are_not(
    books: Books,
) -> None:
    later = {"at": "2026-10-05T11:00:00Z"} | agent("tool-7/1.0")
    first = {"at": "2026-10-05T10:00:00Z"}
    landed(
        books, *((number, first | agent(f"tool-{number}/1.0")) for number in range(7)), (7, later)
    )
    assert "gateway_in_front" not in found_in(books)
    landed(books, (8, first | agent("tool-8/1.0")))
    assert found_in(books)["gateway_in_front"].count == 8


def test_a_key_everywhere_is_no_mixture(books: Books) -> None:
    keyed = {"trace_records": traces(**_TOLD | {"credential_kind": "key"})}
    landed(books, (1, keyed), (2, keyed))
    assert found_in(books) == {}


def test_both_proofs_are_given_by_a_sound_tenant(books: Books) -> None:
    landed(books, (1, {}), (2, {}))
    books.publish()
    proofs = {
        finding.check: finding
        for finding in published_findings(books.publication, Clock(NOW))
        if finding.area == "proofs"
    }
    assert {name: proof.severity for name, proof in proofs.items()} == {
        "proof_credential": "ok",
        "proof_caller": "ok",
    }
    assert "shown for 2 of 2 requests" in proofs["proof_credential"].text


@pytest.mark.parametrize(
    ("fault", "proof", "severity"),
    [
        ("user_credential_forwarded", "proof_credential", "fail"),
        ("credential_untold", "proof_credential", "warn"),
        ("untraced", "proof_credential", "warn"),
        ("caller_conflict", "proof_caller", "fail"),
        ("no_caller", "proof_caller", "fail"),
        ("trace_only", "proof_caller", "warn"),
    ],
)
def test_a_proof_is_as_bad_as_the_worst_against_it(
    books: Books, fault: str, proof: str, severity: str
) -> None:
    landed(books, (1, {}), (2, FAULTS[fault][0]))
    found = found_in(books)
    assert found[proof].severity == severity
    assert fault in found[proof].text


def test_a_trace_in_application_insights_proves_as_well(books: Books) -> None:
    landed(books, (1, {"trace_records": []}))
    assert "untraced" in found_in(books)
    trace = {
        "ingested_at": "2026-10-05T10:04:00Z",
        "item_id": "trace-1",
        "resource_id": None,
        "time_generated": "2026-10-05T10:00:00Z",
        "properties": json.dumps(_TOLD | {"request_id": correlation(1)}),
    }
    land_rows(books.connection, books.folder, APP_TRACES, [trace], clock=books.clock)
    assert found_in(books) == {}


def test_other_days_are_not_looked_at(books: Books) -> None:
    landed(books, (1, FAULTS["caller_conflict"][0]), (2, {"at": "2026-10-20T10:00:00Z"}))
    books.publish()

    def checks(first: int, last: int) -> set[str]:
        days = (NOW.date().replace(month=10, day=first), NOW.date().replace(month=10, day=last))
        found = published_findings(books.publication, Clock(NOW), *days)
        return {finding.check for finding in found if finding.severity == "fail"}

    assert "caller_conflict" in checks(5, 5)
    assert checks(6, 31) == set()


def test_no_value_of_a_logged_credential_is_kept(books: Books) -> None:
    secret = "not-a-real-token-0000000"  # noqa: S105
    landed(books, (1, FAULTS["credential_logged"][0]))
    assert secret not in str(found_in(books))
    books.connection.execute("checkpoint warehouse")
    kept = [
        path for path in books.folder.rglob("*") if path.is_file() and path.name != "answer.ndjson"
    ]
    assert not any(secret.encode() in path.read_bytes() for path in kept)
