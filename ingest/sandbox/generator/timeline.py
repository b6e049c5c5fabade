"""What changes in the directory during the recording, and each caller's unit at each moment."""

from dataclasses import dataclass, field, replace

import numpy as np

from ingest.sandbox.generator.arrays import Ints
from ingest.sandbox.generator.catalog import DAY_MS, HOUR_MS, utc_text
from ingest.sandbox.generator.company import UNASSIGNED, Company, Person
from ingest.sandbox.generator.graph_objects import (
    app_role_assignment,
    manager_object,
    membership_object,
    user_object,
)
from ingest.sandbox.generator.reviewers import Correction, answerable, backdated

FOREVER_MS = 2**62
_RENAMED = "Applied {}"


@dataclass(frozen=True)
class Event:
    """One decision about one subject; `detail` is a unit, a manager or a group, by kind."""

    at_ms: int
    kind: str
    subject: int
    detail: str | int = ""


@dataclass(frozen=True)
class Timeline:
    """The lines of graph/timeline.jsonl, and what follows from them.

    `spans` are (caller, from_ms, unit) in that order of sorting, as finance corrected them;
    `active_from_ms` and `active_until_ms` bound, by caller, when requests can be theirs.
    """

    lines: tuple[dict[str, object], ...]
    spans: tuple[tuple[int, int, str], ...]
    corrections: tuple[Correction, ...]
    active_from_ms: Ints
    active_until_ms: Ints

    def units_at(self, callers: Ints, times_ms: Ints) -> list[str]:
        """Return each caller's unit at each moment."""
        # One sorted key for caller and time; times before the first span cannot occur.
        width = 2**43
        keys = np.array([caller * width + max(start, 0) for caller, start, _ in self.spans])
        found = np.searchsorted(keys, callers * width + times_ms, side="right") - 1
        return [self.spans[place][2] for place in found.tolist()]


@dataclass
class _Directory:
    """The directory while the events are applied, one after the other."""

    company: Company
    people: list[Person]
    enabled: list[bool]
    present: set[int]
    memberships: set[tuple[int, int]]
    lines: list[dict[str, object]] = field(default_factory=list)
    spans: list[tuple[int, int, str]] = field(default_factory=list)

    def write(self, at_ms: int, kind: str, op: str, value: dict[str, object]) -> None:
        self.lines.append({"at": utc_text(at_ms), "kind": kind, "op": op, "value": value})

    def upsert(self, at_ms: int, person: int, changed: Person) -> None:
        before = self.people[person]
        self.people[person] = changed
        self.write(at_ms, "user", "upsert", user_object(changed, enabled=self.enabled[person]))
        if before.unit != changed.unit or person not in self.present:
            self.spans.append((person, at_ms, changed.unit))
        self.present.add(person)

    def set_manager(self, at_ms: int, person: int, manager: int | None) -> None:
        if manager is None:
            return
        self.people[person] = replace(self.people[person], manager=manager)
        value = manager_object(self.people[person], self.people[manager])
        self.write(at_ms, "manager", "upsert", value)

    def set_member(self, at_ms: int, person: int, group: int, *, member: bool) -> None:
        if ((group, person) in self.memberships) == member:
            return
        (self.memberships.add if member else self.memberships.discard)((group, person))
        value = membership_object(self.company.groups[group], self.people[person])
        self.write(at_ms, "membership", "upsert" if member else "delete", value)


def build_timeline(
    rng: np.random.Generator, company: Company, starts_ms: int, days: int
) -> Timeline:
    """Return the changes of `days` days from `starts_ms`, all on full hours UTC."""
    events = sorted(_events(rng, company, starts_ms, days), key=lambda event: event.at_ms)
    everyone = range(len(company.people))
    directory = _Directory(
        company=company,
        people=list(company.people),
        enabled=[True] * len(company.people),
        present=set(everyone) - set(company.joiners),
        memberships={(g, p) for g, group in enumerate(company.groups) for p in group.members},
    )
    directory.spans += [(p, 0, company.people[p].unit) for p in everyone]
    service, owner = answerable(company)
    services = range(len(company.people), len(company.oids))
    directory.spans += [(one, 0, UNASSIGNED) for one in services if one != service]
    for event in events:
        _apply(directory, event)
    directory.spans += [
        (service, since, unit) for one, since, unit in directory.spans if one == owner
    ]
    corrections = _corrections(company, events, starts_ms, starts_ms + days * DAY_MS)
    directory.spans += [(one.person, one.from_ms, one.unit) for one in corrections]
    return Timeline(
        lines=tuple(directory.lines),
        spans=tuple(sorted(directory.spans, key=lambda span: span[:2])),
        corrections=corrections,
        active_from_ms=_moments(company, events, "join", default=0),
        active_until_ms=_moments(company, events, "disable", default=FOREVER_MS),
    )


def _corrections(
    company: Company, events: list[Event], starts_ms: int, ends_ms: int
) -> tuple[Correction, ...]:
    """Return the one move that the directory was told of too late."""
    late = company.movers[0]
    return tuple(
        backdated(late, str(event.detail), event.at_ms, starts_ms, ends_ms)
        for event in events
        if event.kind == "move" and event.subject == late
    )


def departments_of(company: Company) -> list[str]:
    """Return every department of the recording, with the name that one of them gets in it."""
    own = {person.department for person in company.people if person.department}
    return sorted(own | {_RENAMED.format(company.renamed_department)})


def _moments(company: Company, events: list[Event], kind: str, *, default: int) -> Ints:
    moments = np.full(len(company.oids), default, dtype=np.int64)
    for event in events:
        if event.kind == kind:
            moments[event.subject] = event.at_ms
    return moments


def _events(rng: np.random.Generator, company: Company, starts_ms: int, days: int) -> list[Event]:
    def hour(first_day: float, last_day: float) -> int:
        """A full hour in a share of the recording, in working hours if it is long enough."""
        if days < 2:
            return starts_ms + int(rng.integers(5, 18)) * HOUR_MS
        day = 1 + int((days - 1) * rng.uniform(first_day, last_day))
        return starts_ms + min(day, days - 1) * DAY_MS + int(rng.integers(6, 16)) * HOUR_MS

    people = company.people
    centers = sorted({(person.cost_center or "").strip() for person in people} - {""})
    events = [Event(hour(0.3, 0.6), "rename", 0, company.renamed_department)]
    for person in company.movers:
        others = [center for center in centers if center != people[person].cost_center]
        events.append(Event(hour(0.2, 0.8), "move", person, others[int(rng.integers(len(others)))]))
    events += [Event(hour(0.0, 0.5), "join", person) for person in company.joiners]
    for person in company.leavers:
        last = hour(0.4, 0.8)
        disabled_before = min(DAY_MS, last - starts_ms - HOUR_MS)
        events.append(Event(last - disabled_before, "disable", person))
        events.append(Event(last, "leave", person))
    settled = [
        index
        for index, person in enumerate(people)
        if person.manager and index not in {*company.leavers, *company.joiners}
    ]
    for person in settled[-max(1, len(people) // 60) :]:
        events.append(Event(hour(0.1, 0.9), "manager", person, 0))
    for person in settled[: max(1, len(people) // 40)]:
        group = int(rng.integers(1, len(company.groups)))
        joined = hour(0.1, 0.5)
        events += [
            Event(joined, "enter", person, group),
            Event(max(joined + HOUR_MS, hour(0.6, 0.9)), "exit", person, group),
        ]
    granted = hour(0.1, 0.4)
    # Someone who also holds the role through the group, so that two ways lead to it for a while.
    both_ways = company.groups[0].members[0]
    events += [
        Event(granted, "grant", both_ways),
        Event(granted + 2 * HOUR_MS, "revoke", both_ways),
    ]
    return events


def _apply(directory: _Directory, event: Event) -> None:
    at_ms, subject = event.at_ms, event.subject
    person = directory.people[subject]
    match event.kind:
        case "rename":
            _rename(directory, at_ms, str(event.detail))
        case "move":
            directory.upsert(at_ms, subject, replace(person, cost_center=str(event.detail)))
        case "join":
            directory.upsert(at_ms, subject, person)
            directory.set_manager(at_ms, subject, person.manager)
            directory.set_member(at_ms, subject, 0, member=True)
        case "disable":
            directory.enabled[subject] = False
            directory.upsert(at_ms, subject, person)
        case "leave":
            _leave(directory, at_ms, subject)
        case "manager":
            directory.set_manager(at_ms, subject, int(event.detail))
        case "enter" | "exit":
            group = int(event.detail)
            directory.set_member(at_ms, subject, group, member=event.kind == "enter")
        case "grant":
            value = app_role_assignment(person.oid, person.display_name, "User", at_ms)
            directory.write(at_ms, "app_role_assignment", "upsert", value)
        case "revoke":
            _revoke(directory, at_ms, person)
        case _:
            raise AssertionError(event.kind)


def _rename(directory: _Directory, at_ms: int, department: str) -> None:
    for index in sorted(directory.present):
        person = directory.people[index]
        if person.department == department:
            renamed = replace(person, department=_RENAMED.format(department))
            directory.upsert(at_ms, index, renamed)


def _leave(directory: _Directory, at_ms: int, subject: int) -> None:
    for group in range(len(directory.company.groups)):
        directory.set_member(at_ms, subject, group, member=False)
    person = directory.people[subject]
    if person.manager is not None:
        value = manager_object(person, directory.people[person.manager])
        directory.write(at_ms, "manager", "delete", value)
    if subject in directory.company.directly_assigned:
        _revoke(directory, at_ms, person)
    directory.write(at_ms, "user", "delete", {"id": person.oid})
    directory.present.discard(subject)


def _revoke(directory: _Directory, at_ms: int, person: Person) -> None:
    assignment = app_role_assignment(person.oid, person.display_name, "User", at_ms)
    directory.write(at_ms, "app_role_assignment", "delete", {"id": assignment["id"]})
