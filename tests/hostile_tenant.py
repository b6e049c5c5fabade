"""A small tenant in which one person, who has left, is named wherever a person can be named."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tiny_workspace import DESCRIPTION, FOUNDRY, GATEWAY, write_workspace

from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import Workspace, read_workspace
from jobs.demo import clear, live_through, tenant_settings
from models.settings import FILE_NAME, Settings, read_settings

PERSON = "5f0e1c3a-7b2d-4e6f-9a81-c0ffee15dead"
MANAGER = "11111111-aaaa-4bbb-8ccc-000000000001"
REPORT = "22222222-aaaa-4bbb-8ccc-000000000002"
STRANGER = "33333333-aaaa-4bbb-8ccc-000000000003"
GROUP = "44444444-aaaa-4bbb-8ccc-000000000004"
APP = "55555555-aaaa-4bbb-8ccc-000000000005"
NAMES = ("Zoë Quillfeather", "Zoë Thornwick")
MAIL = "zoe.quillfeather@contoso.example"
UPN = "zoe_home.example#EXT#@contoso.onmicrosoft.example"
EXTERNAL_MAIL = "zoe@home.example"
EMPLOYEE_ID = "EMP-77-4711"
# Somebody else's address that ends as the person's begins, and must stay.
NAMESAKE_MAIL = f"not-{MAIL}"
CODE = "claude-cli/2.1.14 (external, cli)"
MONTH = "2026-10"

_RULES = (
    "position,rule,principals,attribute,value,levels,unit,"
    "valid_from,valid_to,recorded_from,recorded_to,source"
)
_GATEWAY_LOG = "tables/ApiManagementGatewayLogs/day.jsonl"


@dataclass(frozen=True)
class HostileTenant:
    """A lived-through tenant: its settings, and the sandbox that still serves it."""

    settings: Settings
    workspace: Workspace
    url: str

    @property
    def data_dir(self) -> Path:
        return self.settings.data_dir

    def copy_to(self, folder: Path) -> "HostileTenant":
        """The same tenant in a data folder of its own."""
        shutil.copytree(self.data_dir, folder)
        file = folder / FILE_NAME
        text = file.read_text(encoding="utf-8")
        file.write_text(
            text.replace(str(self.data_dir.resolve()), str(folder.resolve())), encoding="utf-8"
        )
        return HostileTenant(read_settings(data_dir=folder), self.workspace, self.url)


@contextmanager
def hostile_tenant(folder: Path) -> Iterator[HostileTenant]:
    """Serve the tenant, live through it, and leave a copy of its recording in the data folder."""
    recorded = read_workspace(_write(folder / "recorded"))
    with sandbox_process(recorded.folder) as url:
        demo = clear(folder / "data")
        shutil.copytree(recorded.folder, demo.workspace)
        settings = tenant_settings(demo, recorded, url)
        live_through(settings, recorded, url, lambda *_: None)
        yield HostileTenant(settings, recorded, url)


def _write(folder: Path) -> Path:
    text = DESCRIPTION.replace("2026-10-03T00:00:00Z", "2026-10-03T00:30:00Z")
    return write_workspace(folder, {**_directory(), **_logs(), **_seeds()}, text)


def _directory() -> dict[str, list[Any]]:
    return {
        "graph/users.jsonl": [
            _user(PERSON.upper(), NAMES[0], MAIL, department="Tools") | _PERSONAL,
            _user(MANAGER, "Mira Manager", "mira@contoso.example", department="Board"),
            _user(REPORT, "Rolf Report", NAMESAKE_MAIL, department=None),
            _user(STRANGER, "Sten Stranger", "sten@contoso.example", department="Tools"),
        ],
        "graph/groups.jsonl": [{"id": GROUP, "displayName": "Claude people"}],
        "graph/memberships.jsonl": [
            {"group_id": GROUP, "member_id": member} for member in (PERSON, REPORT)
        ],
        "graph/managers.jsonl": [
            {"user_id": PERSON, "manager_id": MANAGER},
            {"user_id": REPORT, "manager_id": PERSON},
        ],
        "graph/service_principals.jsonl": [
            {"id": APP, "appId": "20000000-0000-0000-0000-000000000000", "displayName": "Claude"}
        ],
        "graph/app_role_assignments.jsonl": [
            {
                "id": "assigned",
                "principalId": PERSON,
                "principalType": "User",
                "principalDisplayName": NAMES[0],
                "resourceId": APP,
            }
        ],
        "graph/timeline.jsonl": [
            {
                "at": "2026-10-02T06:00:00Z",
                "kind": "user",
                "op": "upsert",
                "value": _user(PERSON, NAMES[1], MAIL, department="Labs") | _PERSONAL,
            },
            *(
                {"at": "2026-10-03T00:10:00Z", "kind": kind, "op": "delete", "value": value}
                for kind, value in {
                    "user": {"id": PERSON},
                    "membership": {"group_id": GROUP, "member_id": PERSON},
                    "app_role_assignment": {"id": "assigned"},
                    "manager": {"user_id": REPORT},
                }.items()
            ),
            {
                "at": "2026-10-03T06:00:00Z",
                "kind": "user",
                "op": "upsert",
                "value": _user(STRANGER, "Sten Stranger", "sten@contoso.example", department="New"),
            },
        ],
    }


def _logs() -> dict[str, list[Any]]:
    return {
        _GATEWAY_LOG: list(_gateway_rows()),
        "tables/ApiManagementGatewayLlmLog/day.jsonl": [
            _llm_row(number, at) for number, at in enumerate(_times())
        ],
        "tables/AppTraces/day.jsonl": list(_traces()),
        "tables/AppMetrics/day.jsonl": list(_metrics()),
    }


def _seeds() -> dict[str, list[Any]]:
    return {
        "seeds/subscriptions.csv": [
            "apim_subscription_id,oid,valid_from,valid_to,recorded_from,recorded_to,source",
            f"key-of-zoe,{PERSON},,,,,a mail from {MAIL}",
        ],
        "seeds/unit_corrections.csv": [
            "oid,unit,valid_from,valid_to,recorded_from,recorded_to,source",
            f"{PERSON.upper()},Special,2026-10-02T12:00:00Z,2026-10-02T14:00:00Z,,,finance",
        ],
        "seeds/owners.csv": [
            "oid,owner_oid,valid_from,valid_to,recorded_from,recorded_to,source",
            f"{APP},{PERSON},,,,,review",
        ],
        "seeds/ownership_rules.csv": [
            _RULES,
            "1,extension,all,extensionAttribute3,,,,2026-10-01,2026-10-01T09:00:00Z,,,r",
            "2,department,all,department,,,,,,,,r",
            f"3,below,all,reports_to,{PERSON},,Below,,,,,r",
        ],
    }


_PERSONAL = {
    "userPrincipalName": UPN,
    "employeeId": EMPLOYEE_ID,
    "userType": "Guest",
    "jobTitle": "Feather counter",
    "onPremisesExtensionAttributes": {
        "extensionAttribute1": "zq-badge-0815",
        "extensionAttribute3": "Early",
    },
}


def _user(oid: str, name: str, mail: str, department: str | None) -> dict[str, object]:
    return {
        "id": oid,
        "displayName": name,
        "userPrincipalName": mail,
        "mail": mail,
        "userType": "Member",
        "accountEnabled": True,
        "department": department,
    }


def _times() -> Iterable[datetime]:
    start = datetime(2026, 10, 1, 8, tzinfo=UTC)
    return [start + timedelta(minutes=47 * number) for number in range(44)]


def correlation(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-00000000000c"


def _gateway_rows() -> Iterator[dict[str, object]]:
    """Every fourth request is the person's, each named in another way; the others take turns."""
    named = [
        {"BackendRequestHeaders": {"X-Caller-OID": PERSON.upper()}},
        {"ResponseHeaders": [{"name": "x-caller-oid", "value": PERSON}]},
        {"TraceRecords": [{"metadata": {"oid": PERSON, "note": f"for {NAMES[0]} <{MAIL}>"}}]},
        {"ApimSubscriptionId": "key-of-zoe"},
        {
            "BackendRequestHeaders": {"x-caller-oid": PERSON},
            "RequestHeaders": {"User-Agent": f"{CODE} {PERSON} {UPN}"},
        },
        {
            "BackendRequestHeaders": {"x-caller-oid": PERSON},
            "RequestHeaders": {
                "x-caller-oid": "{" + PERSON + "}",
                "x-user": quote(MAIL, safe=""),
                "x-bare": PERSON.replace("-", "").upper(),
                "x-escaped": PERSON.replace("-", "%2D"),
                "x-claude-code-session-id": f"session/{EXTERNAL_MAIL}",
            },
        },
        {},  # named by AppTraces alone
        {
            "BackendRequestHeaders": {"x-caller-oid": PERSON},
            "LastErrorReason": f"quota of {NAMES[1].upper()} ({EMPLOYEE_ID})",
            "RequestHeaders": {"x-lines": f"first\n{MAIL}\nsecond\t{MAIL}"},
        },
    ]
    others = (MANAGER, REPORT, STRANGER)
    for number, at in enumerate(_times()):
        if number % 4 == 0:
            how = named[number // 4 % len(named)]
        else:
            how = {
                "BackendRequestHeaders": {"x-caller-oid": others[number % 4 - 1]},
                "RequestHeaders": {"User-Agent": CODE, "x-user": NAMESAKE_MAIL},
            }
        yield {
            "TimeGenerated": at.isoformat(),
            "_IngestionTime": (at + timedelta(minutes=5)).isoformat(),
            "_ItemId": f"g{number}",
            "CorrelationId": correlation(number),
            "Method": "POST",
            "Url": "https://gateway.example/anthropic/v1/messages",
            "BackendUrl": "https://claude.services.example/anthropic/v1/messages",
            "ResponseCode": 200,
            "BackendResponseCode": 200,
            "RequestSize": 40_000 + 997 * number,
            "ResponseSize": 2_000,
            "TotalTime": 2_000,
            "IsRequestSuccess": True,
            "_ResourceId": GATEWAY,
        } | how


def _llm_row(number: int, at: datetime) -> dict[str, object]:
    return {
        "TimeGenerated": (at + timedelta(seconds=2)).isoformat(),
        "_IngestionTime": (at + timedelta(minutes=5)).isoformat(),
        "_ItemId": f"l{number}",
        "CorrelationId": correlation(number),
        "RequestId": f"msg_{number}",
        "ModelName": "claude-opus-5" if number % 3 else "claude-haiku-4-5",
        "PromptTokens": 1_000 + 31 * number,
        "CompletionTokens": 100 + 7 * number,
        "TotalTokens": 1_100 + 38 * number,
        "SequenceNumber": 0,
        "_ResourceId": GATEWAY,
    }


def _traces() -> Iterator[dict[str, object]]:
    for number, at in enumerate(_times()):
        if number % 32 == 24:
            yield {
                "TimeGenerated": at.isoformat(),
                "_IngestionTime": (at + timedelta(minutes=5)).isoformat(),
                "_ItemId": f"t{number}",
                "Message": "caller",
                "Properties": {
                    "request_id": correlation(number),
                    "oid": PERSON.upper(),
                    "who": f"{NAMES[1]} ({MAIL})",
                },
                "_ResourceId": GATEWAY,
            }


def _metrics() -> Iterator[dict[str, object]]:
    for number, at in enumerate(_times()):
        if number % 4 == 0:
            yield {
                "TimeGenerated": at.replace(second=0).isoformat(),
                "_IngestionTime": (at + timedelta(minutes=5)).isoformat(),
                "_ItemId": f"m{number}",
                "Name": "Prompt Tokens",
                "Sum": 1_000 + 31 * number,
                "ItemCount": 1,
                "Properties": {"oid": PERSON, "user": MAIL, "model": "claude-opus-5"},
                "_ResourceId": FOUNDRY,
            }
