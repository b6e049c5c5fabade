"""What doctor says of the application people sign in to: each fault beside what only looks like it.

One tenant holds every application: whatever is wrong with one of them is "another application" to
all the rest.
"""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tiny_workspace import DESCRIPTION, write_workspace

from ingest.entra_findings import entra_findings
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import read_workspace
from jobs.demo import clear, tenant_settings
from models.finding import DoctorFinding
from models.settings import Settings

PILOT = "a0000000-0000-4000-8000-000000000001"
SECOND_PILOT = "a0000000-0000-4000-8000-000000000002"
STRANGERS = "a0000000-0000-4000-8000-000000000003"
# Texts that must be in no finding.
PRIVATE = "Ada Example"
KEY = "f0000000-0000-4000-8000-00000000000f"

REGISTRATION: dict[str, Any] = {
    "displayName": PRIVATE,
    "signInAudience": "AzureADMyOrg",
    "isFallbackPublicClient": True,
    "publicClient": {"redirectUris": ["http://127.0.0.1/callback"]},
    "web": {"redirectUris": []},
    "spa": {"redirectUris": []},
    "keyCredentials": [],
    "passwordCredentials": [],
}
ENTERPRISE_APP: dict[str, Any] = {"displayName": PRIVATE, "appRoleAssignmentRequired": True}
CHECKS = (
    *("claude_app", "single_tenant", "redirect_uri", "public_client", "app_credentials"),
    *("assignment_required", "assigned_directly"),
)


def secret(start: str | None, end: str = "2030-01-01T00:00:00Z") -> dict[str, Any]:
    return {"keyId": KEY, "displayName": PRIVATE, "startDateTime": start, "endDateTime": end}


def redirects(*public: str, **others: Any) -> dict[str, Any]:
    return {"publicClient": {"redirectUris": list(public)}, **others}


@dataclass(frozen=True)
class App:
    """An application, how it differs from a right one, and what is to be found: check -> count."""

    registration: dict[str, Any] | None = field(default_factory=dict)
    enterprise_app: dict[str, Any] | None = field(default_factory=dict)
    assigned: tuple[tuple[str, str], ...] = (("Group", PILOT),)
    found: dict[str, tuple[str, int | None]] = field(default_factory=dict)


AUDIENCE = {"single_tenant": ("fail", None)}
REDIRECT = {"redirect_uri": ("fail", None)}
OPEN = {"assignment_required": ("fail", None)}
CONFIDENTIAL = {"public_client": ("warn", None)}
UNKNOWN = {"claude_app": ("fail", None)}


def secrets(count: int) -> dict[str, tuple[str, int | None]]:
    return {"app_credentials": ("warn", count)}


def people(count: int) -> dict[str, tuple[str, int | None]]:
    return {"assigned_directly": ("warn", count)}


MANY = tuple(("User", f"person-{number:03}") for number in range(203))
APPS = {
    "right": App(),
    "multi tenant": App({"signInAudience": "AzureADMultipleOrgs"}, found=AUDIENCE),
    "personal accounts": App(
        {"signInAudience": "AzureADandPersonalMicrosoftAccount"}, found=AUDIENCE
    ),
    "audience untold": App({"signInAudience": None}, found=AUDIENCE),
    "localhost with a port": App(redirects("http://localhost:8400/callback")),
    "localhost alone": App(redirects("https://elsewhere.example/cb", "http://localhost")),
    "loopback under web": App(
        redirects(web={"redirectUris": ["http://127.0.0.1/cb"]}), found=REDIRECT
    ),
    "loopback under spa": App(
        redirects(spa={"redirectUris": ["http://localhost/cb"]}), found=REDIRECT
    ),
    "redirect to elsewhere": App(redirects("http://localhost.evil.example/cb"), found=REDIRECT),
    "redirect to an app": App(redirects("claude://127.0.0.1/cb", "http://["), found=REDIRECT),
    "loopback over https": App(redirects("https://127.0.0.1/cb"), found=REDIRECT),
    "no redirect": App({"publicClient": None}, found=REDIRECT),
    "no public client": App({"isFallbackPublicClient": False}, found=CONFIDENTIAL),
    "public client untold": App({"isFallbackPublicClient": None}, found=CONFIDENTIAL),
    "a secret": App({"passwordCredentials": [secret("2026-09-01T00:00:00Z")]}, found=secrets(1)),
    "an expired secret": App(
        {"passwordCredentials": [secret("2024-01-01T00:00:00Z", "2024-07-01T00:00:00Z")]},
        found=secrets(1),
    ),
    "secrets and a certificate": App(
        {
            "passwordCredentials": [secret("2026-09-01T00:00:00Z"), secret(None)],
            "keyCredentials": [secret("2025-03-04T05:06:07.8901234Z"), secret("soon")],
        },
        found=secrets(4),
    ),
    "a certificate of the enterprise app": App({}, {"keyCredentials": [secret(None)]}),
    "open to all": App({}, {"appRoleAssignmentRequired": False}, found=OPEN),
    "openness untold": App({}, {"appRoleAssignmentRequired": None}, found=OPEN),
    "people": App(assigned=(("User", "one"), ("Group", PILOT), ("User", "two")), found=people(2)),
    # One of them has two roles, and so two assignments.
    "three pages of people": App(assigned=(*MANY, ("Group", PILOT), MANY[0]), found=people(203)),
    "services": App(assigned=(("ServicePrincipal", "service"), ("Group", PILOT))),
    "no registration": App(None, found=UNKNOWN),
    "no enterprise app": App(enterprise_app=None, found=UNKNOWN),
    "many faults": App(
        {"signInAudience": None, "isFallbackPublicClient": False},
        {"appRoleAssignmentRequired": False},
        (("User", "one"),),
        {**AUDIENCE, **CONFIDENTIAL, **OPEN, **people(1)},
    ),
    "other groups": App(assigned=(("Group", PILOT.upper()), ("Group", STRANGERS))),
    "nobody": App(assigned=()),
    "strangers": App(assigned=(("Group", STRANGERS), ("Group", SECOND_PILOT))),
}


def app_id(name: str) -> str:
    return f"20000000-0000-4000-8000-{list(APPS).index(name):012}"


def files() -> dict[str, list[dict[str, Any]]]:
    names = list(APPS)
    return {
        "graph/users.jsonl": [],
        "graph/applications.jsonl": [
            {**REGISTRATION, **app.registration, "id": f"registration-{n}", "appId": app_id(name)}
            for n, (name, app) in enumerate(APPS.items())
            if app.registration is not None
        ],
        "graph/service_principals.jsonl": [
            {**ENTERPRISE_APP, **app.enterprise_app, "id": f"app-{n}", "appId": app_id(name)}
            for n, (name, app) in enumerate(APPS.items())
            if app.enterprise_app is not None
        ],
        "graph/app_role_assignments.jsonl": [
            {
                "id": f"{names.index(name)}-{number}",
                "principalType": kind,
                "principalId": principal,
                "principalDisplayName": PRIVATE,
                "resourceId": f"app-{names.index(name)}",
            }
            for name, app in APPS.items()
            for number, (kind, principal) in enumerate(app.assigned)
        ],
    }


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, and no file of the working directory."""
    for name in [name for name in os.environ if name.startswith("TOLLBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), files())
    with sandbox_process(folder) as url:
        yield url


@pytest.fixture
def control(sandbox: str) -> Iterator[SandboxControl]:
    with SandboxControl(sandbox) as opened:
        yield opened
        opened.set_faults([])


def found(url: str, name: str, *pilot_groups: str) -> list[DoctorFinding]:
    settings = Settings(
        graph_endpoint=url,
        claude_app_id=app_id(name),
        pilot_group_ids=pilot_groups,
        allow_loopback_http=True,
    )
    return list(entra_findings(settings))


def wrong(findings: list[DoctorFinding]) -> dict[str, tuple[str, int | None]]:
    return {
        finding.check: (finding.severity, finding.count)
        for finding in findings
        if finding.severity != "ok"
    }


@pytest.mark.parametrize("name", APPS)
def test_every_fault_is_found_and_nothing_else(sandbox: str, name: str) -> None:
    findings = found(sandbox, name)
    assert wrong(findings) == APPS[name].found
    assert {finding.area for finding in findings} == {"entra"}
    assert all(finding.advice for finding in findings if finding.severity != "ok")
    fine = {finding.check for finding in findings if finding.severity == "ok"}
    if APPS[name].registration is not None and APPS[name].enterprise_app is not None:
        assert fine == {"permission", *CHECKS} - set(wrong(findings))
    assert PRIVATE not in repr(findings)
    assert KEY not in repr(findings)


def test_what_one_half_of_the_application_says_is_told_without_the_other(sandbox: str) -> None:
    fine = {one.check for one in found(sandbox, "no registration") if one.severity == "ok"}
    assert fine == {"permission", "assignment_required", "assigned_directly"}
    fine = {one.check for one in found(sandbox, "no enterprise app") if one.severity == "ok"}
    assert fine == {"permission", *CHECKS} - {
        *("claude_app", "assignment_required", "assigned_directly")
    }


@pytest.mark.parametrize(
    ("name", "since"),
    [
        ("a secret", datetime(2026, 9, 1, tzinfo=UTC)),
        ("an expired secret", datetime(2024, 1, 1, tzinfo=UTC)),
        ("secrets and a certificate", datetime(2025, 3, 4, 5, 6, 7, 890123, tzinfo=UTC)),
    ],
)
def test_credentials_are_there_since_the_oldest_began(
    sandbox: str, name: str, since: datetime
) -> None:
    [credentials] = [one for one in found(sandbox, name) if one.check == "app_credentials"]
    assert credentials.since == since


@pytest.mark.parametrize(
    ("name", "pilot_groups", "expected"),
    [
        ("right", (PILOT,), [("ok", None)]),
        ("right", (PILOT, SECOND_PILOT), [("ok", None)]),
        ("services", (PILOT,), [("ok", None)]),
        ("other groups", (PILOT,), [("warn", 1)]),
        ("other groups", (STRANGERS.upper(), PILOT), [("ok", None)]),
        ("strangers", (PILOT, SECOND_PILOT), [("warn", 1)]),
        ("strangers", (PILOT,), [("warn", 2), ("warn", 1)]),
        ("nobody", (PILOT, SECOND_PILOT), [("warn", 2)]),
        ("nobody", (), []),
        ("strangers", (), []),
    ],
)
def test_groups_are_held_against_the_pilots(
    sandbox: str, name: str, pilot_groups: tuple[str, ...], expected: list[tuple[str, int | None]]
) -> None:
    findings = found(sandbox, name, *pilot_groups)
    elsewhere = [one for one in findings if one.check == "assigned_elsewhere"]
    assert [(one.severity, one.count) for one in elsewhere] == expected


def test_a_page_without_assignments_is_not_the_last_one(
    sandbox: str, control: SandboxControl
) -> None:
    control.set_faults([{"kind": "empty_page", "service": "graph", "path": "appRoleAssignedTo"}])
    assert wrong(found(sandbox, "three pages of people")) == people(203)


def test_without_the_setting_nothing_is_asked() -> None:
    settings = Settings(graph_endpoint="https://nowhere.invalid")
    [finding] = entra_findings(settings)
    assert (finding.area, finding.check, finding.severity) == ("entra", "claude_app", "warn")
    assert "TOLLBOOK_CLAUDE_APP_ID" in finding.advice


@pytest.mark.parametrize("client_id", ["20000000-0000-4000-8000-999999999999", "o'neill"])
def test_an_application_nobody_knows(sandbox: str, client_id: str) -> None:
    settings = Settings(graph_endpoint=sandbox, claude_app_id=client_id, allow_loopback_http=True)
    failed = [one for one in entra_findings(settings) if one.severity != "ok"]
    assert [(one.check, one.severity) for one in failed] == [("claude_app", "fail")] * 2
    assert all("TOLLBOOK_CLAUDE_APP_ID" in one.advice for one in failed)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(
    ("path", "call"),
    [
        (r"/applications\(appId=", "GET /applications(appId=...)"),
        (r"/servicePrincipals\(appId='[^/]+$", "GET /servicePrincipals(appId=...)"),
        ("/appRoleAssignedTo", "appRoleAssignedTo"),
    ],
)
def test_a_refused_question_names_the_permission(
    sandbox: str, control: SandboxControl, path: str, call: str, status: int
) -> None:
    control.set_faults([{"kind": "status", "service": "graph", "path": path, "status": status}])
    [refused] = [one for one in found(sandbox, "right") if one.severity != "ok"]
    assert (refused.check, refused.severity) == ("permission", "fail")
    assert call in refused.text
    assert f"status {status}" in refused.text
    assert "application permission Application.Read.All with admin consent" in refused.advice


def test_an_answer_that_is_none_is_asked_for_once(sandbox: str, control: SandboxControl) -> None:
    control.set_faults([{"kind": "status", "service": "graph", "status": 503}])
    failed = [one for one in found(sandbox, "right") if one.severity != "ok"]
    assert [(one.check, one.severity) for one in failed] == [("source", "fail")] * 2
    assert control.faults()[0]["hit"] == 2


def test_nobody_listening_is_no_missing_permission() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failed = found(f"http://127.0.0.1:{port}", "right")
    assert {(one.check, one.severity) for one in failed} == {("source", "fail")}
    assert "TOLLBOOK_GRAPH_ENDPOINT" in failed[0].advice


def test_a_recorded_tenant_names_its_application(sandbox: str, tmp_path: Path) -> None:
    client_id = "20000000-0000-0000-0000-000000000000"
    assert client_id in DESCRIPTION
    folder = write_workspace(tmp_path / "recorded", {})
    written = tenant_settings(clear(tmp_path / "data"), read_workspace(folder), sandbox)
    assert written.claude_app_id == client_id
    assert client_id in (tmp_path / "data" / "tollbook.toml").read_text(encoding="utf-8")
