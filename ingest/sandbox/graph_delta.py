"""What changed in the directory between two positions, as items of a Graph delta answer."""

from dataclasses import dataclass

from ingest.sandbox.graph_directory import Directory, ObjectKind, Version
from ingest.sandbox.graph_schema import GROUP_LINKS, USER_DEFAULT, USER_LINKS
from ingest.sandbox.workspace import JsonObject

_LINK_EVENTS = {"manager": "manager", "members": "membership"}
_TYPES: dict[ObjectKind, str] = {
    "user": "#microsoft.graph.user",
    "group": "#microsoft.graph.group",
    "service_principal": "#microsoft.graph.servicePrincipal",
}


@dataclass(frozen=True)
class Round:
    """One delta round over `kind`: from position `first` (None = from nothing) to `last`."""

    kind: ObjectKind
    select: tuple[str, ...] | None
    first: int | None
    last: int

    @property
    def links(self) -> frozenset[str]:
        """Links this round reports: groups show members unless $select leaves them out."""
        offered = {"user": USER_LINKS, "group": GROUP_LINKS}.get(self.kind, frozenset())
        if self.select is not None:
            return offered & frozenset(self.select)
        return GROUP_LINKS & offered

    @property
    def properties(self) -> tuple[str, ...] | None:
        """Properties this round reports; None = all that are recorded."""
        if self.select is not None:
            return tuple(name for name in self.select if name not in self.links)
        return USER_DEFAULT if self.kind == "user" else None


def delta_ids(directory: Directory, asked: Round) -> list[str]:
    """Ids of the objects of this round, in a stable order."""
    if asked.first is None:
        versions = directory.all(asked.kind, asked.last)
        return [version.value["id"] for version in versions if version.present]
    kinds = frozenset({asked.kind, *(_LINK_EVENTS[link] for link in asked.links)})
    touched = directory.touched(kinds, asked.first, asked.last)
    return [
        object_id for object_id in touched if _differs(directory, asked, asked.first, object_id)
    ]


def delta_item(directory: Directory, asked: Round, object_id: str) -> JsonObject:
    """The item of one object as of `asked.last`; properties it does not have are left out."""
    version = directory.find(asked.kind, object_id, asked.last)
    known_id = version.value.get("id", object_id) if version else object_id
    if version is None or version.state == "purge":
        return {"id": known_id, "@removed": {"reason": "deleted"}}
    if not version.present:
        return {"id": known_id, "@removed": {"reason": "changed"}}
    return {
        **_cleared(directory, asked, object_id),
        **_shown(asked, version),
        **_link_changes(directory, asked, object_id),
        "id": known_id,
    }


def object_type(
    directory: Directory, object_id: str, position: int
) -> tuple[str, JsonObject] | None:
    """`@odata.type` and value of a present user, group or service principal.

    An id nobody recorded (a device, or an object out of the recording's sight) comes back with
    its id only, as Graph does for objects the caller may not read; a deleted one as None.
    """
    for kind, type_name in _TYPES.items():
        version = directory.find(kind, object_id, position)
        if version is not None:
            return (type_name, version.value) if version.present else None
    return "#microsoft.graph.directoryObject", {"id": object_id}


def _shown(asked: Round, version: Version) -> JsonObject:
    if asked.properties is None:
        return version.value
    return {name: version.value[name] for name in asked.properties if name in version.value}


def _cleared(directory: Directory, asked: Round, object_id: str) -> JsonObject:
    """Properties that the object had when the round began and has no more, as null."""
    before = _version_before(directory, asked, object_id)
    return dict.fromkeys(_shown(asked, before)) if before else {}


def _version_before(directory: Directory, asked: Round, object_id: str) -> Version | None:
    if asked.first is None:
        return None
    return directory.find(asked.kind, object_id, asked.first)


def _differs(directory: Directory, asked: Round, first: int, object_id: str) -> bool:
    if _link_changes(directory, asked, object_id):
        return True
    before = directory.find(asked.kind, object_id, first)
    after = directory.find(asked.kind, object_id, asked.last)
    if before is None or after is None:
        return before is not after
    if before.state != after.state:
        return True
    return after.present and _shown(asked, before) != _shown(asked, after)


def _link_changes(directory: Directory, asked: Round, object_id: str) -> JsonObject:
    """`manager@delta` and `members@delta`: links that came, and those that went as removed."""
    changes: JsonObject = {}
    known = _version_before(directory, asked, object_id)
    for link in sorted(asked.links):
        before: set[str] = set()
        # Who comes back from the bin comes with all links, as a new one does.
        if asked.first is not None and known is not None and known.present:
            before = _linked(directory, link, object_id, asked.first)
        after = _linked(directory, link, object_id, asked.last)
        items = [_link_item(directory, member, asked.last) for member in sorted(after - before)]
        items += [
            {**_link_item(directory, member, asked.last), "@removed": {"reason": "deleted"}}
            for member in sorted(before - after)
        ]
        if items:
            changes[f"{link}@delta"] = items
    return changes


def _linked(directory: Directory, link: str, object_id: str, position: int) -> set[str]:
    if link == "members":
        return set(directory.member_ids(object_id, position))
    manager_id = directory.manager_id(object_id, position)
    return {manager_id} if manager_id else set()


def _link_item(directory: Directory, object_id: str, position: int) -> JsonObject:
    found = object_type(directory, object_id, position)
    return {
        "@odata.type": found[0] if found else "#microsoft.graph.directoryObject",
        "id": object_id,
    }
