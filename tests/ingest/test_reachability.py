"""Each source of the settings asked one small question: what it answers, and the role it lacks."""

import base64
import json
import os
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from recorded_directory import DIRECTORY_FILES
from recorded_logs import GATEWAY_LOG, LLM_LOG, gateway_row, llm_row
from scripted_service import Reply, scripted_service
from storage_account import is_installed, storage_account
from tiny_workspace import FIRST, FOUNDRY, GATEWAY, SECOND, write_workspace

from ingest.reachability import source_findings
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from models.clock import Clock
from models.finding import DoctorFinding
from models.settings import Settings

NOW = datetime(2026, 10, 3, tzinfo=UTC)
AT = "2026-10-02T10:00:00Z"
TABLES = ("ApiManagementGatewayLogs", "ApiManagementGatewayLlmLog", "AppMetrics", "AppTraces")
FILES: dict[str, Any] = {
    **DIRECTORY_FILES,
    GATEWAY_LOG: [gateway_row(1)],
    LLM_LOG: [llm_row(1)],
    "tables/AppMetrics/day.jsonl": [{"TimeGenerated": AT, "Name": "Total Tokens", "Sum": 1.5}],
    "tables/AppTraces/day.jsonl": [{"TimeGenerated": AT, "Message": "caller"}],
    "usage/day.jsonl": [{"correlation_id": "request-1", "time": AT, "usage": {"input_tokens": 1}}],
    "retail_prices/all.json": json.dumps({"Items": [], "NextPageLink": None}).encode(),
}
LOGS = [("logs", "table"), ("logs", "table"), ("logs", "table"), ("logs", "table")]
REST = [
    *(("metrics", "permission"), ("metrics", "permission"), ("costs", "permission")),
    *(("exports", "permission"), ("exports", "permission"), ("usage", "permission")),
    *(("directory", "permission"), ("directory", "permission"), ("prices", "permission")),
]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the machine, and no file of the working directory."""
    for name in [name for name in os.environ if name.startswith("TOLLBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), FILES)
    with sandbox_process(folder) as url:
        yield url


@pytest.fixture
def control(sandbox: str) -> Iterator[SandboxControl]:
    with SandboxControl(sandbox) as opened:
        yield opened
        opened.set_faults([])


@pytest.fixture
def settings(sandbox: str, tmp_path: Path) -> Settings:
    return settings_for(sandbox, tmp_path)


def settings_for(url: str, folder: Path, **changes: Any) -> Settings:
    given = {
        "tenant_id": "10000000-0000-0000-0000-000000000000",
        "workspace_ids": (FIRST,),
        "logs_endpoint": url,
        "graph_endpoint": url,
        "metrics_endpoint": url,
        "management_endpoint": url,
        "retail_prices_endpoint": url,
        "foundry_resource_ids": (FOUNDRY,),
        "apim_resource_ids": (f"eastus2={GATEWAY}",),
        "billing_scope": "/subscriptions/s",
        "log_exports": (str(folder),),
        "cost_exports": (str(folder),),
        "usage_records": (f"{url}/blobs/usage",),
        "allow_loopback_http": True,
    }
    return Settings(**given | changes)


def asked(settings: Settings) -> list[DoctorFinding]:
    return list(source_findings(settings, Clock(NOW)))


def wrong(findings: list[DoctorFinding]) -> list[DoctorFinding]:
    return [finding for finding in findings if finding.severity != "ok"]


def kinds(findings: list[DoctorFinding]) -> list[tuple[str, str]]:
    return [(finding.area, finding.check) for finding in findings]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def test_a_tenant_that_is_all_readable(control: SandboxControl, settings: Settings) -> None:
    # None is hit; the counters tell how small the questions were.
    services = ("logs", "metrics", "costs", "blobs", "graph", "retail")
    control.set_faults([{"kind": "drop", "service": one, "skip": 99} for one in services])
    findings = asked(settings)
    assert wrong(findings) == []
    assert kinds(findings) == [*LOGS, ("logs", "permission"), *REST]
    assert [one["matched"] for one in control.faults()] == [5, 2, 1, 1, 2, 1]


def test_what_is_not_set_is_not_asked(control: SandboxControl, sandbox: str) -> None:
    control.set_faults([{"kind": "drop"}])
    endpoints = ("logs", "graph", "metrics", "management", "retail_prices")
    bare = Settings(allow_loopback_http=True, **{f"{name}_endpoint": sandbox for name in endpoints})
    assert asked(bare) == []
    assert control.faults()[0]["matched"] == 0


ASKED = [
    *(
        (
            {"service": "logs", "table": table},
            "logs",
            f"{table} of workspace {FIRST}: POST /v1/workspaces/{FIRST}/query",
            f"the role Log Analytics Reader on the workspace {FIRST}",
        )
        for table in TABLES
    ),
    *(
        (
            {"service": "metrics", "query": name.rpartition("/")[2]},
            "metrics",
            "POST /subscriptions/s/metrics:getBatch",
            f"the role Monitoring Reader on the resource {name.lower()}",
        )
        for name in (FOUNDRY, GATEWAY)
    ),
    (
        {"service": "costs"},
        "costs",
        "POST /subscriptions/s/providers/Microsoft.CostManagement/query",
        "the role Cost Management Reader on the billing scope /subscriptions/s",
    ),
    (
        {"service": "blobs"},
        "usage",
        "listing the blobs",
        "the role Storage Blob Data Reader on the container http",
    ),
    (
        {"service": "graph", "path": "/users/delta"},
        "directory",
        "GET /users/delta",
        "the application permission User.Read.All with admin consent",
    ),
    (
        {"service": "graph", "path": "/servicePrincipals/delta"},
        "directory",
        "GET /servicePrincipals/delta",
        "the application permission Application.Read.All with admin consent",
    ),
    ({"service": "retail"}, "prices", "GET /api/retail/prices", "no role is needed, it is public"),
]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("matching", "area", "call", "role"), ASKED)
def test_a_refusal_names_the_call_and_the_role(
    control: SandboxControl,
    settings: Settings,
    matching: dict[str, str],
    area: str,
    call: str,
    role: str,
    status: int,
) -> None:
    control.set_faults([{"kind": "status", "status": status, **matching}])
    findings = asked(settings)
    [refused] = wrong(findings)
    assert (refused.area, refused.check, refused.severity) == (area, "permission", "fail")
    assert call in refused.text
    assert f"status {status}" in refused.text
    assert role in refused.advice
    # Everything else was asked nevertheless.
    expected = [*LOGS, ("logs", "permission"), *REST]
    if area == "logs":
        expected.remove(("logs", "table"))
    assert sorted(kinds(findings)) == sorted(expected)


@pytest.mark.parametrize(
    ("service", "status", "areas"),
    [
        ("logs", 404, ["logs"]),
        ("logs", 500, ["logs"]),
        ("logs", 504, ["logs"]),
        ("metrics", 404, ["metrics", "metrics"]),
        ("metrics", 400, ["metrics", "metrics"]),
        ("costs", 404, ["costs"]),
        ("costs", 429, ["costs"]),
        ("blobs", 404, ["usage"]),
        ("blobs", 503, ["usage"]),
        ("graph", 404, ["directory", "directory"]),
        ("graph", 429, ["directory", "directory"]),
        ("retail", 404, ["prices"]),
        ("retail", 500, ["prices"]),
    ],
)
def test_another_status_is_a_source_that_does_not_answer(
    control: SandboxControl, settings: Settings, service: str, status: int, areas: list[str]
) -> None:
    control.set_faults([{"kind": "status", "service": service, "status": status}])
    failed = wrong(asked(settings))
    assert [(one.area, one.check, one.severity) for one in failed] == [
        (area, "source", "fail") for area in areas
    ]
    assert all(one.text and one.advice for one in failed)
    assert control.faults()[0]["hit"] == len(areas), "somebody waits: ask once"


@pytest.mark.parametrize(
    ("service", "areas"),
    [
        ("logs", ["logs"]),
        ("metrics", ["metrics", "metrics"]),
        ("costs", ["costs"]),
        ("blobs", ["usage"]),
        ("graph", ["directory"]),
        ("retail", ["prices"]),
    ],
)
def test_a_page_of_html_is_no_answer(
    control: SandboxControl, settings: Settings, service: str, areas: list[str]
) -> None:
    control.set_faults([{"kind": "status", "service": service, "status": 200, "body": "html"}])
    failed = wrong(asked(settings))
    assert [(one.area, one.check) for one in failed] == [(area, "source") for area in areas]


def test_what_the_settings_name_wrongly_is_a_source(sandbox: str, tmp_path: Path) -> None:
    other = GATEWAY.replace("/s/", "/unknown/")
    changes = {
        "workspace_ids": (FIRST,),
        "apim_resource_ids": (other,),
        "log_exports": (str(tmp_path / "nowhere"),),
        "cost_exports": (f"{sandbox}/blobs",),
        "usage_records": (f"{sandbox}/blobs/other",),
    }
    failed = wrong(asked(settings_for(sandbox, tmp_path, **changes)))
    assert [(one.area, one.check) for one in failed] == [
        ("metrics", "permission"),
        ("exports", "source"),
        ("exports", "source"),
        ("usage", "source"),
    ]
    texts = "\n".join(f"{one.text}: {one.advice}" for one in failed[1:])
    assert "nowhere does not exist: create it or correct the setting" in texts
    assert "names no container: add it to the URL" in texts
    assert "/blobs/other does not exist: correct the setting that names it" in texts


def test_a_resource_that_cannot_be_read_is_said_once(sandbox: str, tmp_path: Path) -> None:
    changes = {"apim_resource_ids": ("eastus2=/subscriptions/s/a-typo",)}
    [failed] = wrong(asked(settings_for(sandbox, tmp_path, **changes)))
    assert (failed.area, failed.check) == ("metrics", "settings")
    assert "TOLLBOOK_APIM_RESOURCE_IDS" in failed.text
    assert failed.advice.startswith("write each as region=")


def test_each_workspace_is_asked(control: SandboxControl, sandbox: str, tmp_path: Path) -> None:
    both = settings_for(sandbox, tmp_path, workspace_ids=(FIRST, "no-such-workspace", SECOND))
    control.set_faults([{"kind": "status", "status": 404, "service": "logs", "path": SECOND}])
    failed = [one for one in wrong(asked(both)) if one.area == "logs"]
    assert [one.check for one in failed] == ["permission"] * 4 + ["source"]
    assert all("no-such-workspace" in one.text for one in failed[:4])
    assert SECOND in failed[4].text
    assert failed[4].advice == "check TOLLBOOK_WORKSPACE_IDS"


def test_a_table_that_is_missing_is_no_missing_permission(
    control: SandboxControl, settings: Settings
) -> None:
    control.set_faults([{"kind": "hide_table", "table": table} for table in TABLES[1:]])
    findings = asked(settings)
    [failed] = wrong(findings)
    assert (failed.area, failed.check) == ("logs", "table")
    assert TABLES[1] in failed.text
    assert ("logs", "permission") in kinds(findings)


def test_tables_without_rows_and_rows_in_the_old_table(tmp_path: Path) -> None:
    old = {"TimeGenerated": AT, "Category": "GatewayLogs"}
    files = {
        "graph/users.jsonl": [],
        GATEWAY_LOG: [gateway_row(1, TimeGenerated="2026-08-01T00:00:00Z")],
        LLM_LOG: [llm_row(1)],
        "tables/AzureDiagnostics/day.jsonl": [old],
    }
    with sandbox_process(write_workspace(tmp_path / "recorded", files)) as url:
        logs = Settings(logs_endpoint=url, workspace_ids=(FIRST,), allow_loopback_http=True)
        failed = wrong(asked(logs))
    assert kinds(failed) == [("logs", "table"), ("logs", "legacy_table")]
    assert [one.severity for one in failed] == ["fail", "warn"]


def test_nobody_listening(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    failed = wrong(asked(settings_for(nowhere, tmp_path)))
    assert kinds(failed) == [
        (area, "source")
        for area in ("logs", "metrics", "metrics", "costs", "usage", "directory", "prices")
    ]
    assert all("did not answer" in one.text and one.advice for one in failed)


def test_no_credential_on_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    # The one of azure-identity's that asks nobody.
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
    nowhere = f"https://127.0.0.1:{free_port()}"
    settings = settings_for(nowhere, tmp_path, usage_records=(f"{nowhere}/account/usage",))
    *without, prices = wrong(asked(settings))
    assert kinds(without) == [
        (area, "source") for area in ("logs", "metrics", "metrics", "costs", "usage", "directory")
    ]
    for one in without:
        assert "no credential" in one.text or "no identity" in one.text
        assert "did not answer" not in one.text
        assert "where" in one.advice
        assert "managed identity" in one.advice
    assert (prices.area, prices.check) == ("prices", "source")
    assert "did not answer" in prices.text


def test_a_blob_is_asked_for_and_not_all_of_them() -> None:
    listing = (
        b'<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="x"'
        b' ContainerName="usage"><Blobs /><NextMarker>more</NextMarker></EnumerationResults>'
    )
    reply = Reply(listing, headers={"Content-Type": "application/xml"})
    with scripted_service([reply]) as (url, requests):
        places = (f"{url}/account/usage/2026",)
        settings = Settings(usage_records=places, allow_loopback_http=True)
        findings = asked(settings)
    assert wrong(findings) == []
    assert kinds(findings) == [("usage", "permission")]
    [request] = requests
    assert (request.options["maxresults"], request.options["prefix"]) == ("1", "2026/")


def test_a_container_of_a_real_account_with_another_key(
    require_heavy: Callable[[bool, str], None],
) -> None:
    require_heavy(is_installed(), "Azurite is absent: npm ci --prefix tests/azurite")
    with storage_account() as account:
        place = account.client.create_container("usage").url
        right = Settings(
            usage_records=(place,), storage_key=SecretStr(account.key), allow_loopback_http=True
        )
        assert kinds(asked(right)) == [("usage", "permission")]
        assert wrong(asked(right)) == []
        key = base64.b64encode(b"another").decode()
        [refused] = wrong(asked(right.model_copy(update={"storage_key": SecretStr(key)})))
    assert (refused.area, refused.check, refused.severity) == ("usage", "permission", "fail")
    assert f"Storage Blob Data Reader on the container {place}" in refused.advice
    assert "TOLLBOOK_STORAGE_KEY" in refused.advice


def test_costs_are_asked_for_one_day() -> None:
    columns = ("Cost", "UsageQuantity", "UsageDate", "Currency")
    answer = {"properties": {"columns": [{"name": name} for name in columns], "rows": []}}
    with scripted_service([Reply(json.dumps(answer).encode())]) as (url, requests):
        settings = Settings(
            management_endpoint=url, billing_scope="subscriptions/s/", allow_loopback_http=True
        )
        findings = asked(settings)
    assert wrong(findings) == []
    [request] = requests
    assert request.path == "/subscriptions/s/providers/Microsoft.CostManagement/query"
    period = json.loads(request.body)["timePeriod"]
    assert period == {"from": "2026-10-02T00:00:00Z", "to": "2026-10-02T23:59:59Z"}
