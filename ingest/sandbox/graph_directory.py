"""The recorded directory and everything that happens to it, addressable at any moment.

Every object and link keeps its versions. A position is how many events have happened: 0 is the
directory as of `starts_at` (also for earlier moments, of which nothing is recorded), and
`position_at` turns a clock time into one. So the clock may move both ways, and tokens need no
server state.

A deleted user or group is soft-deleted for 30 days, then purged; the purge is an event as well.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from ingest.sandbox.workspace import (
    BrokenLineError,
    JsonObject,
    Problem,
    Problems,
    Workspace,
    json_line_files,
    json_objects,
    parse_time,
    recorded_name,
)

ObjectKind: TypeAlias = Literal["user", "group", "service_principal", "application"]
Operation: TypeAlias = Literal["upsert", "delete", "purge"]

SOFT_DELETED_FOR = timedelta(days=30)

# kind -> the file with its state as of starts_at, and the keys that identify one of it.
_FILES: dict[str, tuple[str, tuple[str, ...]]] = {
    "user": ("users", ("id",)),
    "group": ("groups", ("id",)),
    "service_principal": ("service_principals", ("id",)),
    "application": ("applications", ("id",)),
    "membership": ("memberships", ("group_id", "member_id")),
    "manager": ("managers", ("user_id",)),
    "app_role_assignment": ("app_role_assignments", ("id",)),
}
_IN_TIMELINE = ("user", "group", "membership", "manager", "app_role_assignment")


@dataclass(frozen=True)
class Event:
    """One change: `entity` is the object it shows at (for a link, the one that owns it)."""

    at: datetime
    operation: Operation
    kind: str
    key: tuple[str, ...]
    value: JsonObject

    @property
    def entity(self) -> str:
        """The id of the user or group a delta reports this change under."""
        return self.key[0]


@dataclass(frozen=True)
class Version:
    """What one object or link is from `position` on; `value` survives a soft delete."""

    position: int
    state: Operation
    value: JsonObject
    at: datetime

    @property
    def present(self) -> bool:
        """Whether it exists, as far as anybody but `deletedItems` can see."""
        return self.state == "upsert"


@dataclass(frozen=True)
class Directory:
    """All versions of everything: kind -> key -> versions in order of position."""

    events: list[Event]
    generation: str
    _versions: dict[str, dict[tuple[str, ...], list[Version]]]
    _members: dict[str, dict[str, list[Version]]] = field(default_factory=dict)

    def position_at(self, now: datetime) -> int:
        """How many events have happened at `now`."""
        return bisect_right(self.events, now, key=lambda event: event.at)

    def find(self, kind: ObjectKind, object_id: str, position: int) -> Version | None:
        """What is known of an object at `position`, also of one in the bin; ids of any case."""
        return _version_at(self._versions[kind].get((object_id.lower(),), []), position)

    def all(self, kind: str, position: int) -> Iterator[Version]:
        """The version at `position` of each object or link of `kind`, in recorded order."""
        for versions in self._versions[kind].values():
            version = _version_at(versions, position)
            if version is not None:
                yield version

    def manager_id(self, user_id: str, position: int) -> str | None:
        """The id of the user's manager, if the user has one."""
        version = _version_at(self._versions["manager"].get((user_id.lower(),), []), position)
        return version.value["manager_id"] if version and version.present else None

    def member_ids(self, group_id: str, position: int) -> list[str]:
        """The ids of the direct members of a group, in recorded order."""
        links = self._members.get(group_id.lower(), {}).values()
        found = (_version_at(versions, position) for versions in links)
        return [version.value["member_id"] for version in found if version and version.present]

    def transitive_member_ids(self, group_id: str, position: int) -> list[str]:
        """The ids of all members of a group and of the groups in it, each once.

        A deleted group has nobody in it until it is restored.
        """
        found: dict[str, str] = {}
        waiting = [group_id]
        while waiting:
            for member in self.member_ids(waiting.pop(), position):
                if member.lower() in found:
                    continue
                found[member.lower()] = member
                group = self.find("group", member, position)
                if group is None or group.present:
                    waiting.append(member)
        found.pop(group_id.lower(), None)
        return list(found.values())

    def touched(self, kinds: frozenset[str], first: int, last: int) -> list[str]:
        """Ids with an event of `kinds` between two positions, in order, each once."""
        low, high = sorted((first, last))
        return list(
            dict.fromkeys(event.entity for event in self.events[low:high] if event.kind in kinds)
        )


def _version_at(versions: list[Version], position: int) -> Version | None:
    index = bisect_right(versions, position, key=lambda version: version.position)
    return versions[index - 1] if index else None


def read_directory(workspace: Workspace, problems: Problems) -> Directory:
    """Read `graph/` of `workspace`; lines that cannot be used are added to `problems`."""
    events = _with_purges(sorted(_timeline(workspace, problems), key=lambda event: event.at))
    versions: dict[str, dict[tuple[str, ...], list[Version]]] = {kind: {} for kind in _FILES}
    for kind in _FILES:
        for key, value in _initial(workspace, kind, problems):
            versions[kind][key] = [Version(0, "upsert", value, workspace.starts_at)]
    for position, event in enumerate(events, start=1):
        _apply(versions[event.kind], event, position)
    members: dict[str, dict[str, list[Version]]] = {}
    for (group_id, member_id), history in versions["membership"].items():
        members.setdefault(group_id, {})[member_id] = history
    return Directory(events, _generation(workspace), versions, members)


def _apply(versions: dict[tuple[str, ...], list[Version]], event: Event, position: int) -> None:
    history = versions.setdefault(event.key, [])
    value = event.value if event.operation == "upsert" else (history[-1].value if history else {})
    # Deleting what is not there changes nothing.
    if event.operation == "upsert" or (history and history[-1].state != event.operation):
        history.append(Version(position, event.operation, value, event.at))
    if not history:
        del versions[event.key]


def _with_purges(events: list[Event]) -> list[Event]:
    """Add the end of each soft delete that nobody undid before."""
    purges = []
    restored: dict[tuple[str, tuple[str, ...]], datetime] = {}
    for event in reversed(events):
        thing = (event.kind, event.key)
        if event.operation == "upsert":
            restored[thing] = event.at
        elif event.kind in ("user", "group"):
            ends_at = event.at + SOFT_DELETED_FOR
            if thing not in restored or restored[thing] > ends_at:
                purges.append(Event(ends_at, "purge", event.kind, event.key, {}))
    return sorted([*events, *reversed(purges)], key=lambda event: event.at)


def _initial(
    workspace: Workspace, kind: str, problems: Problems
) -> Iterator[tuple[tuple[str, ...], JsonObject]]:
    stem, _ = _FILES[kind]
    seen = set()
    for file in json_line_files(workspace.folder / "graph", stem):
        name = recorded_name(workspace, file)
        for line, value in json_objects(workspace, file, problems):
            try:
                key = _key(kind, value, with_target=True)
            except BrokenLineError as error:
                problems.add(Problem(name, line, str(error)))
                continue
            if key in seen:
                problems.add(Problem(name, line, "given before; this later line holds"))
            seen.add(key)
            yield key, value


def _timeline(workspace: Workspace, problems: Problems) -> Iterator[Event]:
    for file in json_line_files(workspace.folder / "graph", "timeline"):
        name = recorded_name(workspace, file)
        for line, entry in json_objects(workspace, file, problems):
            try:
                yield _event(entry)
            except ValueError as error:
                problems.add(Problem(name, line, str(error)))


def _event(entry: JsonObject) -> Event:
    """Read one timeline entry; raises ValueError saying what it lacks."""
    kind, operation, value = entry.get("kind"), entry.get("op"), entry.get("value")
    if kind not in _IN_TIMELINE:
        raise BrokenLineError(f"kind must be one of {', '.join(_IN_TIMELINE)}")
    if operation not in ("upsert", "delete"):
        raise BrokenLineError("op must be upsert or delete")
    if not isinstance(value, dict):
        raise BrokenLineError("value must be an object")
    if kind == "manager" and "user_id" not in value:
        value = {**value, "user_id": value.get("id")}
    key = _key(kind, value, with_target=operation == "upsert")
    return Event(parse_time(entry.get("at")), operation, kind, key, value)


def _key(kind: str, value: JsonObject, *, with_target: bool) -> tuple[str, ...]:
    """The key of an object or link; raises BrokenLineError naming the texts it must have.

    `with_target`: a manager link must also say who the manager is.
    """
    _, key_names = _FILES[kind]
    needed = (*key_names, "manager_id") if kind == "manager" and with_target else key_names
    missing = [name for name in needed if not isinstance(value.get(name), str) or not value[name]]
    if missing:
        raise BrokenLineError(f"a {kind} needs {' and '.join(missing)} as text")
    # Ids are GUIDs, which Graph itself writes in either case.
    return tuple(value[name].lower() for name in key_names)


def _generation(workspace: Workspace) -> str:
    """A mark of the recorded content, so that a token of another recording is recognised."""
    digest = hashlib.sha256()
    for file in json_line_files(workspace.folder / "graph"):
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def utc_text(moment: datetime) -> str:
    """`moment` as Graph writes times, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
