"""The generated directory and its timeline agree with each other and with the truth."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from recorded_tenant import DAYS, USERS, Recording, Row, record


@pytest.fixture(scope="module")
def tenant(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record(tmp_path_factory.mktemp("tenant"))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def unit_of(user: Row) -> str:
    organization = user["employeeOrgData"] or {}
    parts = (organization.get("costCenter"), user["department"])
    return next((part.strip() for part in parts if part and part.strip()), "Unassigned")


def test_the_timeline_explains_every_unit(tenant: Recording) -> None:
    users = {user["id"]: user for user in tenant.graph("users")}
    services = {app["id"] for app in tenant.graph("service_principals")}
    changes = tenant.graph("timeline")
    assert {(change["kind"], change["op"]) for change in changes} >= {
        ("user", "upsert"),
        ("user", "delete"),
        ("manager", "upsert"),
        ("membership", "upsert"),
        ("membership", "delete"),
        ("app_role_assignment", "upsert"),
        ("app_role_assignment", "delete"),
    }
    times = [change["at"] for change in changes]
    assert times == sorted(times)
    assert all(text.endswith(":00:00Z") for text in times)
    end = tenant.summary.starts_at + timedelta(days=DAYS)
    assert tenant.summary.starts_at < moment(times[0]) <= moment(times[-1]) < end
    pending = changes.copy()
    moved = set()
    for row in tenant.truth:
        while pending and moment(pending[0]["at"]) <= moment(row["time"]):
            change = pending.pop(0)
            value = change["value"]
            if change["kind"] == "user" and change["op"] == "delete":
                del users[value["id"]]
            elif change["kind"] == "user":
                if value["id"] in users and unit_of(users[value["id"]]) != unit_of(value):
                    moved.add(value["id"])
                users[value["id"]] = value
        assert row["true_oid"] in users or row["true_oid"] in services
        if row["caller_oid"] in services:
            assert row["unit"] == "Unassigned"
        elif row["caller_oid"]:
            assert row["unit"] == unit_of(users[row["caller_oid"]])
    assert moved


def test_the_directory_is_whole(tenant: Recording) -> None:
    users = {user["id"] for user in tenant.graph("users")}
    groups = {group["id"] for group in tenant.graph("groups")}
    memberships = tenant.graph("memberships")
    assert {row["group_id"] for row in memberships} == groups
    assert {row["member_id"] for row in memberships} <= users
    assert max(Counter(row["member_id"] for row in memberships).values()) > 1
    managers = {row["user_id"]: row["manager_id"] for row in tenant.graph("managers")}
    for user in managers:
        above, steps = user, 0
        while above in managers:
            above, steps = managers[above], steps + 1
            assert steps < USERS
    kinds = {row["principalType"] for row in tenant.graph("app_role_assignments")}
    assert kinds == {"Group", "User", "ServicePrincipal"}
    guests = [user for user in tenant.graph("users") if user["userType"] == "Guest"]
    assert guests
    assert all(user["employeeOrgData"] is None for user in guests)
    centers = [(user["employeeOrgData"] or {}).get("costCenter") for user in tenant.graph("users")]
    assert any(center and not center.strip() for center in centers)
