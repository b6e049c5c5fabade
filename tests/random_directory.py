"""A small directory that lives at random, and what it is at any moment by its own lines alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

Row = dict[str, Any]

START = datetime(2026, 10, 1, tzinfo=UTC)
APP = "20000000-0000-0000-0000-000000000000"
APP_OID = "00000000-0000-4000-8000-0000000000aa"
_TEXTS = (None, "Tools", " Tools\u00a0", "\u3000\t ", "Sales", "Отдел продаж", "経理部", "x" * 64)


def oid(kind: str, number: int) -> str:
    """The id of a user (u) or group (f), in lower case."""
    return f"{ {'user': 'c', 'group': 'f'}[kind] }{number:07d}-0000-4000-8000-00000000000a"


@dataclass
class State:
    """Everything there is at one moment; ids in lower case."""

    users: dict[str, Row] = field(default_factory=dict)
    groups: dict[str, Row] = field(default_factory=dict)
    managers: dict[str, str] = field(default_factory=dict)
    members: set[tuple[str, str]] = field(default_factory=set)
    assignments: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)

    def apply(self, kind: str, op: str, value: Row) -> None:
        """Take over one line of the timeline."""
        is_there = op == "upsert"
        if kind in {"user", "group"}:
            key = value["id"].lower()
            known = self.users if kind == "user" else self.groups
            if is_there:
                known[key] = value
            (self.deleted.discard if is_there else self.deleted.add)(key)
        elif kind == "manager":
            self.managers.pop(value["user_id"].lower(), None)
            if is_there:
                self.managers[value["user_id"].lower()] = value["manager_id"].lower()
        elif kind == "membership":
            pair = (value["group_id"].lower(), value["member_id"].lower())
            (self.members.add if is_there else self.members.discard)(pair)
        else:
            self.assignments.pop(value["id"], None)
            if is_there:
                self.assignments[value["id"]] = value["principalId"].lower()

    def present(self, kind: str) -> list[str]:
        """The ids of users or groups that are there."""
        return sorted({"user": self.users, "group": self.groups}[kind].keys() - self.deleted)

    def everyone_in(self, group: str) -> set[str]:
        """Who is in a group, however deep; a deleted group has nobody in it."""
        found: set[str] = set()
        waiting = [group]
        while waiting:
            inside = waiting.pop()
            if inside in self.deleted:
                continue
            new = {member for of, member in self.members if of == inside} - found - self.deleted
            found |= new
            waiting += new & self.groups.keys()
        return (found - {group}) & {*self.present("user"), *self.present("group")}


@dataclass(frozen=True)
class Life:
    """The lines of a recorded directory: as of START, and what happened then, in order of time."""

    start: Sequence[tuple[str, Row]]
    timeline: Sequence[Row]

    def files(self) -> dict[str, list[Row]]:
        """The files of a recorded workspace."""
        names = {
            "user": "users", "group": "groups", "manager": "managers", "membership": "memberships",
            "app_role_assignment": "app_role_assignments",
        }  # fmt: skip
        found: dict[str, list[Row]] = {f"graph/{name}.jsonl": [] for name in names.values()}
        for kind, value in self.start:
            found[f"graph/{names[kind]}.jsonl"].append(value)
        principal = {"id": APP_OID, "appId": APP.upper(), "displayName": "Claude"}
        return found | {
            "graph/service_principals.jsonl": [principal],
            "graph/timeline.jsonl": list(self.timeline),
        }

    def at(self, moment: datetime) -> State:
        """What there is at a moment: every line up to it, one after the other."""
        state = State()
        for kind, value in self.start:
            state.apply(kind, "upsert", value)
        for line in self.timeline:
            if datetime.fromisoformat(line["at"]) <= moment:
                state.apply(line["kind"], line["op"], line["value"])
        return state


def random_life(seed: int, *, hours: int, events: int) -> Life:
    """Draw a directory of 12 people and 5 groups, and what happens to it in some hours."""
    rng = Random(seed)  # noqa: S311
    state = State()
    start: list[tuple[str, Row]] = []
    for kind, value in _beginning(rng):
        state.apply(kind, "upsert", value)
        start.append((kind, value))
    moments = sorted(rng.randrange(1, hours * 60) for _ in range(events))
    timeline = []
    for minute in moments:
        kind, op, value = _event(rng, state)
        state.apply(kind, op, value)
        at = (START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
        timeline.append({"at": at, "kind": kind, "op": op, "value": value})
    return Life(start, timeline)


def _beginning(rng: Random) -> Iterator[tuple[str, Row]]:
    for number in range(12):
        yield "user", _user(rng, number)
    for number in range(5):
        yield "group", {"id": oid("group", number), "displayName": f"group {number}"}
    for number in range(1, 8):
        yield "manager", {"user_id": oid("user", number), "manager_id": oid("user", number // 2)}
    for _ in range(20):
        yield "membership", _membership(rng)
    for number in range(3):
        yield "app_role_assignment", _assignment("user", number)
    yield "app_role_assignment", _assignment("group", 4)


def _event(rng: Random, state: State) -> tuple[str, str, Row]:
    people = state.present("user")
    kinds = ["user", "user", "user", "gone", "back", "manager", "membership", "membership", "group"]
    change_or_end = rng.choice(["upsert", "upsert", "delete"])
    match rng.choice([*kinds, "assignment"]):
        case "gone" if len(people) > 3:
            event = "user", "delete", {"id": rng.choice(people)}
        case "back":
            # Somebody who was deleted, or somebody new.
            event = "user", "upsert", _user(rng, rng.randrange(16))
        case "manager":
            value = {"user_id": rng.choice(people), "manager_id": rng.choice(people).upper()}
            event = "manager", change_or_end, value
        case "membership":
            event = "membership", rng.choice(["upsert", "delete"]), _membership(rng)
        case "group":
            number = rng.randrange(5)
            value = {"id": oid("group", number), "displayName": f"group {number} {rng.random()}"}
            event = "group", change_or_end, value
        case "assignment":
            event = "app_role_assignment", change_or_end, _assignment("user", rng.randrange(12))
        case _:
            event = "user", "upsert", {"id": rng.choice(people), **_attributes(rng)}
    return event


def _user(rng: Random, number: int) -> Row:
    user_id = oid("user", number)
    return {"id": rng.choice([user_id, user_id.upper()]), **_attributes(rng)}


def _attributes(rng: Random) -> Row:
    """Properties of which each may be set, blank, null or absent."""
    drawn = {
        "displayName": f"Person {rng.random()}",
        "department": rng.choice(_TEXTS),
        "companyName": rng.choice(_TEXTS),
        "employeeId": rng.choice([None, "17", " 17", "18"]),
        "employeeOrgData": rng.choice(
            [None, {"costCenter": rng.choice(_TEXTS), "division": rng.choice(_TEXTS)}]
        ),
        "onPremisesExtensionAttributes": rng.choice(
            [None, {"extensionAttribute2": rng.choice(_TEXTS), "extensionAttribute10": "\u2003"}]
        ),
        "accountEnabled": rng.choice([True, False]),
    }
    return {name: value for name, value in drawn.items() if rng.random() < 0.8}


def _membership(rng: Random) -> Row:
    group = rng.randrange(5)
    inside = (
        oid("group", rng.randrange(5)) if rng.random() < 0.2 else oid("user", rng.randrange(16))
    )
    return {"group_id": oid("group", group).upper(), "member_id": inside}


def _assignment(kind: str, number: int) -> Row:
    return {
        "id": f"assignment-{kind}-{number}",
        "principalId": oid(kind, number),
        "principalType": {"user": "User", "group": "Group"}[kind],
        "resourceId": APP_OID.upper(),
    }


def attributes_of(user: Mapping[str, Any]) -> tuple[Any, ...]:
    """(name, department, company, employee id, cost center, division, extension attributes,
    enabled) as a directory should keep them.
    """
    organization = user.get("employeeOrgData") or {}
    extensions = user.get("onPremisesExtensionAttributes") or {}
    kept = {name: text.strip() for name, text in sorted(extensions.items()) if _text(text)}
    return (
        _text(user.get("displayName")),
        _text(user.get("department")),
        _text(user.get("companyName")),
        _text(user.get("employeeId")),
        _text(organization.get("costCenter")),
        _text(organization.get("division")),
        kept,
        user.get("accountEnabled"),
    )


def _text(value: str | None) -> str | None:
    return (value or "").strip() or None
