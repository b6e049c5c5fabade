"""Keeps the groups of a tenant that are reported by, read only when something in them changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import structlog

from ingest.graph_directory import GROUPS, Delta, GraphDirectory
from ingest.graph_groups import ReadGroup, read_group
from models.directory import Round
from models.directory_groups import (
    GONE,
    LEFT,
    NEW,
    OWED,
    READ,
    UNKNOWN,
    group_mark,
    group_states,
    groups_around,
    known_groups,
)
from models.directory_links import MEMBER, Links, deleted_among
from models.directory_objects import REMOVED, object_id
from models.warehouse import Connection

_NEVER_READ = {None, NEW, UNKNOWN}
_LET_GO = {NEW, LEFT}
_DUE = {None, OWED, *_LET_GO}

log = structlog.get_logger()


@dataclass
class Groups:
    """What reading groups brought, as `models.directory.Sync` wants it."""

    rounds: list[Round] = field(default_factory=list)
    links: list[Links] = field(default_factory=list)
    marks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Answer:
    """What Graph answered for a group; None: that there is no such group."""

    group: ReadGroup | None


def read_groups(
    connection: Connection,
    directory: GraphDirectory,
    read: Callable[[Callable[[], Any]], Any],
    *,
    marks: Mapping[str, str],
    chosen: Mapping[str, str],
    somebody_returned: bool,
) -> Groups:
    """Read those of the chosen groups that changed, and let go of those no longer chosen.

    `marks` are those of the last sync; `chosen` holds the ids as they are asked for, by the same
    in lower case; `read` returns what it is given to do, None where that failed.
    """
    states = group_states(marks)
    found = Groups()
    for oid in states.keys() - chosen.keys():
        _leave(found, oid, states[oid])
    if not chosen:
        return found
    # Before any group is listed: what changes meanwhile is told by the next round.
    delta: Delta | None = read(lambda: directory.group_changes(marks.get(GROUPS.name)))
    if delta is None:
        return found
    everyone = delta.is_full or somebody_returned or _group_returned(connection, delta)
    due = chosen.keys() if everyone else _due(connection, delta, chosen, states)
    told = _told_of_known(connection, delta, chosen)
    for oid in sorted(due):
        answer: _Answer | None = read(partial(_ask, directory, chosen[oid]))
        state = states.get(oid)
        if answer is None:
            found.marks[group_mark(oid)] = NEW if state in _NEVER_READ else OWED
        else:
            told += _take(found, oid, state, answer.group)
    found.rounds.append(
        Round(GROUPS.name, GROUPS.kind, told, delta.delta_link, delta.is_full, is_enumerated=False)
    )
    return found


def _ask(directory: GraphDirectory, group_id: str) -> _Answer:
    return _Answer(read_group(directory, group_id))


def _leave(found: Groups, oid: str, state: str) -> None:
    """Stop reading a group: who is in it from now on is not known."""
    if state in _LET_GO:
        return
    found.marks[group_mark(oid)] = NEW if state in _NEVER_READ else LEFT
    found.links.append(Links(MEMBER, oid, frozenset()))


def _due(
    connection: Connection, delta: Delta, chosen: Mapping[str, str], states: Mapping[str, str]
) -> set[str]:
    """Return the chosen groups to list: not listed yet, or changed, they or a group in them."""
    changed = {oid for item in delta.objects if (oid := object_id(item))}
    around = groups_around(connection, changed) if changed else set()
    return {oid for oid in chosen if states.get(oid) in _DUE or oid in changed or oid in around}


def _group_returned(connection: Connection, delta: Delta) -> bool:
    """Tell whether a deleted group is there again: meanwhile it was listed in no other."""
    present = {oid for item in delta.objects if REMOVED not in item and (oid := object_id(item))}
    return bool(present) and bool(deleted_among(connection, present))


def _told_of_known(
    connection: Connection, delta: Delta, chosen: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return what a round tells of groups that matter; a tenant has many others."""
    changed = {oid for item in delta.objects if (oid := object_id(item))}
    known = known_groups(connection, changed) & (changed - chosen.keys()) if changed else set()
    wanted = (*GROUPS.properties, REMOVED)
    return [
        {name: item[name] for name in wanted if name in item}
        for item in delta.objects
        if object_id(item) in known
    ]


def _take(
    found: Groups, oid: str, state: str | None, group: ReadGroup | None
) -> list[dict[str, Any]]:
    """Note what one group was found to be; return it and the groups in it as Graph's objects."""
    if group is None and state in _NEVER_READ:
        log.warning("the tenant has no such group", group=oid)
        found.marks[group_mark(oid)] = UNKNOWN
        return []
    members = group.member_ids if group else frozenset()
    found.links.append(Links(MEMBER, oid, members, is_new=state in _NEVER_READ))
    found.marks[group_mark(oid)] = READ if group else GONE
    if group is None:
        return [{"id": oid, REMOVED: {"reason": "changed"}}]
    return [group.value, *({"id": nested} for nested in group.nested_group_ids)]
