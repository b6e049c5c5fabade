"""A small directory and what happens to it, for tests of what serves or reads it."""

PRINCIPAL = "00000000-0000-0000-0000-0000000000c1"
ASSIGNED_GROUP = "00000000-0000-0000-0000-0000000000b1"
APP = "20000000-0000-0000-0000-000000000000"


def user(name: str, **more: object) -> dict[str, object]:
    return {
        "id": name,
        "displayName": name.title(),
        "userPrincipalName": f"{name}@tenant.example",
        "department": "Tools",
        "employeeOrgData": {"division": "Platform", "costCenter": "CC-1"},
        **more,
    }


def entry(at: str, kind: str, operation: str, **value: object) -> dict[str, object]:
    return {"at": at, "kind": kind, "op": operation, "value": value}


DIRECTORY_FILES = {
    "graph/users.jsonl": [
        *(user(f"user-{number}") for number in range(5)),
        user("user-5", department=None),
        {"displayName": "nobody"},
        "broken",
    ],
    "graph/groups.jsonl": [{"id": name, "displayName": name} for name in ("all", "inner", "loop")],
    "graph/memberships.jsonl": [
        {"group_id": "all", "member_id": "user-0"},
        {"group_id": "all", "member_id": "inner"},
        {"group_id": "inner", "member_id": "user-1"},
        {"group_id": "inner", "member_id": "user-0"},
        {"group_id": "inner", "member_id": "loop"},
        {"group_id": "loop", "member_id": "all"},
        {"group_id": "all", "member_id": "device"},
    ],
    "graph/managers.jsonl": [{"user_id": "user-1", "manager_id": "user-0"}],
    "graph/service_principals.jsonl": [{"id": PRINCIPAL, "appId": APP, "displayName": "Claude"}],
    "graph/applications.jsonl": [{"id": "registration", "appId": APP}],
    "graph/app_role_assignments.jsonl": [
        {"id": "one", "principalId": ASSIGNED_GROUP, "resourceId": PRINCIPAL},
        {"id": "two", "principalId": "user-0", "resourceId": "another"},
    ],
    "graph/timeline.jsonl": [
        entry("2026-10-05T00:00:00Z", "user", "upsert", **user("user-1", department="Sales")),
        entry("2026-10-04T00:00:00Z", "user", "upsert", **user("user-1", department="Legal")),
        entry("2026-10-05T00:00:00Z", "user", "upsert", **user("user-6")),
        entry("2026-10-06T00:00:00Z", "user", "upsert", **user("user-2", jobTitle="Lead")),
        entry("2026-10-07T00:00:00Z", "user", "delete", id="user-3"),
        entry("2026-10-08T00:00:00Z", "manager", "upsert", user_id="user-1", manager_id="user-2"),
        entry("2026-10-09T00:00:00Z", "membership", "delete", group_id="all", member_id="user-0"),
        entry("2026-10-09T00:00:00Z", "membership", "upsert", group_id="all", member_id="user-4"),
        entry("2026-10-10T00:00:00Z", "manager", "delete", user_id="user-1"),
        entry("2026-10-10T00:00:00Z", "app_role_assignment", "delete", id="one"),
        entry("2026-10-11T00:00:00Z", "user", "upsert", **user("user-3", department="Back")),
        entry("2026-10-12T00:00:00Z", "user", "delete", id="user-4"),
        entry("2026-10-12T00:00:00Z", "user", "delete", id="never there"),
        entry("2026-10-12", "user", "delete", id="user-0"),
        entry("2026-10-12T00:00:00Z", "robot", "delete", id="user-0"),
    ],
}
