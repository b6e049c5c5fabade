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


def reviewed_unit(
    row: Row, users: dict[str, Row], corrections: list[Row], owners: list[Row]
) -> str:
    """What finance says, else the owner's unit, else the directory's; by the rules' own words."""
    for one in corrections:
        if one["oid"] == row["caller_oid"] and one["valid_from"] <= row["time"] < one["valid_to"]:
            return str(one["unit"])
    owner = next((one["owner_oid"] for one in owners if one["oid"] == row["caller_oid"]), None)
    found = users.get(owner or row["caller_oid"])
    return unit_of(found) if found else "Unassigned"


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
    corrections, owners = tenant.seed("unit_corrections"), tenant.seed("owners")
    (late,) = corrections
    assert {owner["oid"] for owner in owners} < services
    corrected = 0
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
        if row["caller_oid"]:
            assert row["unit"] == reviewed_unit(row, users, corrections, owners)
            corrected += (row["caller_oid"], row["unit"]) == (late["oid"], late["unit"])
    assert moved
    assert late["oid"] in moved
    assert corrected


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
