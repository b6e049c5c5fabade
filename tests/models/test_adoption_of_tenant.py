"""Adoption of a generated month, counted again in plain Python from its recording and its truth."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from conftest import GoldenMonth

from models.adoption import adoption
from models.viewer import operator

MONTH, IDLE_SINCE = "2026-10", date(2026, 10, 1)
Row = dict[str, Any]


@dataclass
class Directory:
    """What Graph says at one moment; `entitled` gathers who ever was in the month."""

    users: dict[str, Row] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)
    assigned: dict[str, str] = field(default_factory=dict)
    entitled: set[str] = field(default_factory=set)

    def entitled_now(self) -> set[str]:
        principals = set(self.assigned.values())
        return principals | {member for group, member in self.members if group in principals}

    def apply(self, kind: str, operation: str, value: Row, at: str) -> None:
        is_there = operation == "upsert"
        if kind == "user":
            self.users |= {value["id"]: value} if is_there else {}
            if is_there and value["accountEnabled"]:
                self.gone.pop(value["id"], None)
            else:
                self.gone.setdefault(value["id"], at)
        elif kind == "membership":
            pair = value["group_id"], value["member_id"]
            (self.members.add if is_there else self.members.discard)(pair)
        elif kind == "app_role_assignment":
            self.assigned |= {value["id"]: value["principalId"]} if is_there else {}
            if not is_there:
                del self.assigned[value["id"]]


def lines(file: Path) -> Iterator[Row]:
    return map(json.loads, file.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def directory(golden: GoldenMonth) -> Directory:
    """The directory at the month's end; nothing in it changes before the month begins."""
    folder = golden.workspace / "graph"
    found = Directory()
    for name, kind in (
        ("users", "user"),
        ("memberships", "membership"),
        ("app_role_assignments", "app_role_assignment"),
    ):
        for value in lines(folder / f"{name}.jsonl"):
            found.apply(kind, "upsert", value, "")
    found.entitled |= found.entitled_now()
    for change in lines(folder / "timeline.jsonl"):
        found.apply(change["kind"], change["op"], change["value"], change["at"])
        found.entitled |= found.entitled_now()
    return found


@pytest.fixture(scope="module")
def uses(golden: GoldenMonth) -> dict[str, list[str]]:
    """The times of every caller's requests that reached a model."""
    found = defaultdict(list)
    with gzip.open(golden.truth / "requests.jsonl.gz", "rt", encoding="utf-8") as file:
        for line in map(json.loads, file):
            if line["reached_model"] and line["caller_oid"]:
                found[line["caller_oid"]].append(line["time"])
    return dict(found)


@pytest.fixture(scope="module")
def users(golden: GoldenMonth) -> dict[str, Row]:
    rows = adoption(golden.settings.publication_dir, operator(), month=MONTH, by=["user"]).records()
    assert len({row["oid"] for row in rows}) == len(rows) > 20
    return {row["oid"]: row for row in rows}


def unit(user: Row) -> str:
    center = (user.get("employeeOrgData") or {}).get("costCenter") or ""
    return center.strip() or (user.get("department") or "").strip() or "Unassigned"


def test_users_are_those_who_may_or_do(
    users: dict[str, Row], directory: Directory, uses: dict[str, list[str]]
) -> None:
    groups = {group for group, _ in directory.members}
    assert users.keys() == (directory.entitled - groups) | uses.keys()
    for oid, row in users.items():
        times = uses.get(oid, [])
        days = sorted({date.fromisoformat(time[:10]) for time in times})
        assert bool(row["entitled_by"]) == (oid in directory.entitled), row
        assert (row["requests"], row["active_days"]) == (len(times), len(days)), row
        assert (row["first_use"], row["last_use"]) == ((days[0], days[-1]) if days else (None,) * 2)
        if oid in directory.users:
            assert row["unit"] == unit(directory.users[oid]), row


def test_units_count_the_same_people(
    golden: GoldenMonth, directory: Directory, uses: dict[str, list[str]]
) -> None:
    folder = golden.settings.publication_dir
    rows = adoption(folder, operator(), month=MONTH, by=["unit"]).records()
    at_end = directory.entitled_now()
    services = {app["id"] for app in lines(golden.workspace / "graph/service_principals.jsonl")}
    strangers = uses.keys() - directory.users.keys() - services
    assert sum(row["active"] for row in rows) == len(uses.keys() - services)
    for row in rows:
        people = {oid for oid, user in directory.users.items() if unit(user) == row["unit"]}
        if row["unit"] == "Unassigned":
            people |= strangers
        entitled, active = people & directory.entitled, people & uses.keys()
        left = {
            oid
            for oid, at in directory.gone.items()
            if oid in people and any(time >= at for time in uses.get(oid, []))
        }
        dormant = {
            oid
            for oid in entitled & active
            if date.fromisoformat(max(uses[oid])[:10]) <= IDLE_SINCE
        }
        assert {name: row[name] for name in row if not name.endswith(("_usd", "_share"))} == {
            "unit": row["unit"],
            "entitled": len(entitled),
            "active": len(active),
            "never_used": len((people & at_end) - uses.keys()),
            "dormant": len(dormant),
            "active_without_assignment": len(active - entitled),
            "after_leaving": len(left),
            "requests": sum(len(uses[oid]) for oid in active),
        }


def test_every_way_of_asking_adds_up_to_the_same_use(golden: GoldenMonth) -> None:
    folder = golden.settings.publication_dir
    sums = set()
    for by in ("unit", "week", "unit,week", "client", "user"):
        rows = adoption(folder, operator(), month=MONTH, by=by.split(",")).records()
        people = [row for row in rows if row.get("kind") != "service_principal"]
        sums.add(
            (
                sum(row["requests"] for row in people),
                sum(row["list_cost_usd"] or 0 for row in people),
            )
        )
    assert len(sums) == 1
