"""A recorded directory of any size, for load tests: everybody has a manager and is in one group."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tiny_workspace import DESCRIPTION

STARTS_AT = datetime(2026, 10, 1, tzinfo=UTC)
SMALL_CHANGES_AT = STARTS_AT + timedelta(hours=1)
LARGE_GROUP_AT = STARTS_AT + timedelta(hours=2)
CHANGES = 50
GROUPS = 20

_APP_OID = "a0000000-0000-4000-8000-000000000000"
_APP_ID = DESCRIPTION.partition('claude_app_id = "')[2].partition('"')[0]

Line = dict[str, Any]


def write_directory(folder: Path, people: int) -> Path:
    """Write a workspace of `people` people, 20 groups, one of them of everybody, and assignments.

    50 small changes come after an hour; a member of the large group goes after two.
    """
    (folder / "graph").mkdir(parents=True)
    now = (STARTS_AT + timedelta(hours=3)).isoformat()
    description = DESCRIPTION.replace("now = 2026-10-03T00:00:00Z", f"now = {now}")
    (folder / "workspace.toml").write_text(description, encoding="utf-8")
    files = {
        "users": (_user(number) for number in range(people)),
        "managers": (
            {"user_id": _oid("c", number), "manager_id": _oid("c", number // 8)}
            for number in range(1, people)
        ),
        "groups": ({"id": one, "displayName": f"Group {one[:8]}"} for one in group_ids()),
        "memberships": _memberships(people),
        "service_principals": [{"id": _APP_OID, "appId": _APP_ID, "displayName": "Claude"}],
        "app_role_assignments": (_assignment(number) for number in range(min(900, people))),
        "timeline": _timeline(people),
    }
    for name, lines in files.items():
        with (folder / "graph" / f"{name}.jsonl").open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(line) + "\n" for line in lines)
    return folder


def group_ids() -> list[str]:
    """The ids of the groups, that of everybody first."""
    return [_oid("f", number) for number in range(GROUPS)]


def _oid(kind: str, number: int) -> str:
    return f"{kind}{number:07d}-0000-4000-8000-000000000000"


def _user(number: int, center: int | None = None) -> Line:
    return {
        "id": _oid("c", number),
        "displayName": f"Person {number}",
        "userPrincipalName": f"person{number}@tenant.example",
        "mail": f"person{number}@tenant.example",
        "userType": "Member",
        "accountEnabled": True,
        "department": f"Department {number % 300}",
        "companyName": "Tenant",
        "employeeId": str(number),
        "employeeOrgData": {
            "costCenter": f"CC-{number % 2000 if center is None else center}",
            "division": f"Division {number % 12}",
        },
        "onPremisesExtensionAttributes": {
            f"extensionAttribute{one}": f"value {number % 50}" if one == 3 else None
            for one in range(1, 16)
        },
    }


def _memberships(people: int) -> Iterator[Line]:
    everybody, *others = group_ids()
    for number in range(people):
        yield {"group_id": everybody, "member_id": _oid("c", number)}
        if number % 20 == 0:
            group = others[number // 20 % len(others)]
            yield {"group_id": group, "member_id": _oid("c", number)}


def _assignment(number: int) -> Line:
    is_group = number == 0
    return {
        "id": f"assignment-{number}",
        "principalId": group_ids()[0] if is_group else _oid("c", number),
        "principalType": "Group" if is_group else "User",
        "resourceId": _APP_OID,
    }


def _timeline(people: int) -> Iterator[Line]:
    at, last = SMALL_CHANGES_AT.isoformat(), people - 1
    for change in range(CHANGES):
        person = _oid("c", change)
        if change < 30:
            kind, op, value = "user", "upsert", _user(change, center=7777)
        elif change < 40:
            value = {"user_id": person, "manager_id": _oid("c", last)}
            kind, op = "manager", "upsert"
        elif change < 45:
            kind, op, value = "user", "delete", {"id": person}
        else:
            value = {"group_id": group_ids()[change - 40], "member_id": person}
            kind, op = "membership", "upsert"
        yield {"at": at, "kind": kind, "op": op, "value": value}
    value = {"group_id": group_ids()[0], "member_id": _oid("c", last)}
    at = LARGE_GROUP_AT.isoformat()
    yield {"at": at, "kind": "membership", "op": "delete", "value": value}
