"""Doctor finds what is planted in a tiny tenant, and says nothing of what is not there."""

from pathlib import Path

from tiny_workspace import DESCRIPTION, FIRST, GATEWAY, write_workspace

from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import read_workspace
from jobs.command_doctor import examine
from jobs.demo import clear, live_through, tenant_settings
from models.clock import rfc3339
from models.finding import DoctorFinding

_ONE_WORKSPACE = DESCRIPTION.replace(
    DESCRIPTION[DESCRIPTION.index("workspace_ids") : DESCRIPTION.index("apim_resource_ids")],
    f'workspace_ids = ["{FIRST}"]\n',
)
_APP_ID = DESCRIPTION.partition('claude_app_id = "')[2].partition('"')[0]
_APP = {
    "graph/applications.jsonl": [
        {
            "id": "cccccccc-0000-4000-8000-000000000001",
            "appId": _APP_ID,
            "signInAudience": "AzureADMyOrg",
            "isFallbackPublicClient": True,
            "publicClient": {"redirectUris": ["http://127.0.0.1/callback"]},
            "keyCredentials": [],
            "passwordCredentials": [],
        }
    ],
    "graph/service_principals.jsonl": [
        {
            "id": "cccccccc-0000-4000-8000-000000000002",
            "appId": _APP_ID,
            "appRoleAssignmentRequired": True,
        }
    ],
}
_AT = "2026-10-02T10:00:00Z"
_TRACE = {
    "source": "tollbook",
    "metadata": {"user_authorization_forwarded": "false", "credential_kind": "managed_identity"},
}
_ID = "aaaaaaaa-0000-4000-8000-00000000000{}"
_OID = "bbbbbbbb-0000-4000-8000-000000000001"
_KEY = "a-key-that-must-not-be-kept"


def _call(number: int, **columns: object) -> dict[str, object]:
    return {
        "TimeGenerated": _AT,
        "CorrelationId": _ID.format(number),
        "Method": "POST",
        "Url": "https://gateway/claude/v1/messages",
        "ResponseCode": 200,
        "BackendResponseCode": 200,
        "RequestSize": 900,
        "_ResourceId": GATEWAY,
        "BackendRequestHeaders": {"x-caller-oid": _OID},
        "ResponseHeaders": {"x-caller-oid": _OID},
        "RequestHeaders": {"User-Agent": "Anthropic/Python 0.109.0"},
        "TraceRecords": [_TRACE],
    } | columns


def _usage(number: int) -> dict[str, object]:
    return {
        "TimeGenerated": _AT,
        "CorrelationId": _ID.format(number),
        "RequestId": f"msg_{number}",
        "ModelName": "claude-opus-5",
        "PromptTokens": 10,
        "CompletionTokens": 5,
        "TotalTokens": 15,
    }


def _examined(folder: Path, files: dict[str, list[dict[str, object]]]) -> list[DoctorFinding]:
    workspace = write_workspace(folder / "workspace", _APP | files, _ONE_WORKSPACE)
    recorded = read_workspace(workspace)
    with sandbox_process(workspace) as url:
        settings = tenant_settings(clear(folder / "data"), recorded, url)
        live_through(settings, recorded, url, lambda *_: None)
        return list(examine(settings, settings.clock()))


def _texts(found: list[DoctorFinding], severity: str) -> str:
    return "\n".join(finding.text for finding in found if finding.severity == severity)


def test_a_clean_tenant_has_nothing_to_mend(tmp_path: Path) -> None:
    found = _examined(
        tmp_path,
        {
            "tables/ApiManagementGatewayLogs/a.jsonl": [_call(1), _call(2)],
            "tables/ApiManagementGatewayLlmLog/a.jsonl": [_usage(1), _usage(2)],
        },
    )
    assert _texts(found, "fail") == ""
    assert _texts(found, "warn") == ""
    fine = _texts(found, "ok")
    assert "of 2 requests 100.00% have a caller, 100.00% a usage row" in fine
    assert "no person's credential reaches Foundry: shown for 2 of 2 requests" in fine
    assert "nobody can be somebody else: shown for 2 of 2 requests" in fine


def test_a_sandbox_that_has_ended_is_said_once(tmp_path: Path) -> None:
    workspace = write_workspace(tmp_path / "workspace", _APP, _ONE_WORKSPACE)
    recorded = read_workspace(workspace)
    with sandbox_process(workspace) as url:
        settings = tenant_settings(clear(tmp_path / "data"), recorded, url)
    found = [one for one in examine(settings, settings.clock()) if one.check == "source"]
    assert [one.severity for one in found] == ["warn"]
    assert "is not running" in found[0].text
    assert "tollbook sandbox serve" in found[0].advice


def test_logs_in_the_wrong_table_are_named(tmp_path: Path) -> None:
    row = {"TimeGenerated": _AT, "Category": "GatewayLlmLogs", "_ResourceId": GATEWAY}
    found = _examined(tmp_path, {"tables/AzureDiagnostics/a.jsonl": [row]})
    assert "AzureDiagnostics" in _texts(found, "warn")
    failed = _texts(found, "fail")
    for table in ("ApiManagementGatewayLogs", "ApiManagementGatewayLlmLog"):
        assert f"{table} has no row" in failed


def test_missing_callers_usage_and_logged_keys_are_counted(tmp_path: Path) -> None:
    found = _examined(
        tmp_path,
        {
            "tables/ApiManagementGatewayLogs/a.jsonl": [
                _call(1),
                _call(2, BackendRequestHeaders={}, ResponseHeaders={}),
                _call(3, RequestHeaders={"X-Api-Key": _KEY, "User-Agent": "curl/8"}),
            ],
            "tables/ApiManagementGatewayLlmLog/a.jsonl": [_usage(1), _usage(2)],
        },
    )
    seen = {finding.check: finding for finding in found if finding.severity != "ok"}
    assert (seen["no_caller"].severity, seen["no_caller"].examples) == ("fail", (_ID.format(2),))
    assert (seen["usage_row_missing"].severity, seen["usage_row_missing"].count) == ("warn", 1)
    assert (seen["credential_logged"].severity, seen["credential_logged"].count) == ("fail", 1)
    assert rfc3339(seen["credential_logged"].since) == _AT
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert _KEY.encode() not in kept
