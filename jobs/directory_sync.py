"""One look at the directory: people, applications, groups, assignments, all recorded together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from ingest.graph_assignments import read_assignments
from ingest.graph_directory import COLLECTIONS, Collection, GraphDirectory
from ingest.graph_service import SilentServiceError
from ingest.refusal import NoCredentialError
from jobs.group_sync import read_groups
from jobs.ingestion import Run
from models.directory import Round, Sync, marks, newest_unknown_caller, record_sync
from models.directory_groups import assigned_groups, groups_in_rules
from models.directory_links import ASSIGNMENT, Links, deleted_among, sources_of
from models.directory_objects import REMOVED, object_id
from models.errors import SourceError

# The newest caller nobody knew when the deleted users were last read.
_LOOKED_FOR = "deleted users"

Read = TypeVar("Read")

log = structlog.get_logger()


@dataclass
class Parts:
    """Reads one part after the other; one that fails does not keep the others from being read."""

    failures: list[SourceError] = field(default_factory=list)

    def read(self, ask: Callable[[], Read]) -> Read | None:
        """Return what `ask` brings, None where it failed or nobody is listening anyway."""
        if any(isinstance(one, SilentServiceError | NoCredentialError) for one in self.failures):
            return None
        try:
            return ask()
        except SourceError as error:
            self.failures.append(error)
            return None

    def raise_failures(self) -> None:
        """Raise what failed, all of it in one SourceError."""
        if len(self.failures) == 1:
            raise self.failures[0]
        if self.failures:
            lines = "".join(f"\n  {error}" for error in self.failures)
            raise SourceError(
                f"{len(self.failures)} parts of the directory were not read; the others are"
                f" recorded, and the next run asks again:{lines}"
            )


@dataclass(frozen=True)
class _Assigned:
    """To whom the application is assigned, and which of them are groups."""

    group_ids: frozenset[str]
    links: tuple[Links, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)


def sync_directory(run: Run, directory: GraphDirectory | None = None) -> int:
    """Bring the directory's history up to now; return how many principals and links changed.

    Raises SourceError for what could not be read, after the rest was recorded.
    """
    if directory is None:
        with GraphDirectory(run.settings) as opened:
            return sync_directory(run, opened)
    observed_at = run.clock.now()
    known = marks(run.connection)
    parts = Parts()
    found = [_round(directory, parts, collection, known) for collection in COLLECTIONS]
    rounds = [one for one in found if one is not None]
    assigned = parts.read(lambda: _assigned(run, directory, known)) or _Assigned(
        frozenset(assigned_groups(run.connection))
    )
    groups = read_groups(
        run.connection,
        directory,
        parts.read,
        marks=known,
        chosen=_chosen_groups(run, assigned.group_ids),
        somebody_returned=_somebody_returned(run, rounds),
    )
    deleted, looked_for = _deleted_users(run, directory, parts, rounds, known)
    sync = Sync(
        rounds=(*rounds, *groups.rounds),
        deleted_users=deleted,
        links=(*assigned.links, *groups.links),
        marks={**assigned.marks, **groups.marks, **looked_for},
    )
    changed = record_sync(run.connection, sync, observed_at)
    parts.raise_failures()
    return changed


def _round(
    directory: GraphDirectory, parts: Parts, collection: Collection, known: Mapping[str, str]
) -> Round | None:
    delta = parts.read(lambda: directory.changes(collection, known.get(collection.name)))
    if delta is None:
        return None
    return Round(collection.name, collection.kind, delta.objects, delta.delta_link, delta.is_full)


def _assigned(run: Run, directory: GraphDirectory, known: Mapping[str, str]) -> _Assigned:
    """Read the assignments of the application in the settings; those of another one have ended."""
    app_id = run.settings.claude_app_id
    read = read_assignments(directory, app_id) if app_id else frozenset()
    targets: dict[str, set[str]] = {oid: set() for oid in sources_of(run.connection, ASSIGNMENT)}
    for one in read or ():
        targets.setdefault(one.app_oid, set()).add(one.principal_oid)
    read_before = f"assignments/{(app_id or '').lower()}"
    is_new = read_before not in known
    if read is None:
        log.warning("the tenant has no application with the client id of TOLLBOOK_CLAUDE_APP_ID")
    return _Assigned(
        frozenset(one.principal_oid for one in read or () if one.kind == "Group"),
        tuple(Links(ASSIGNMENT, oid, frozenset(of), is_new) for oid, of in targets.items()),
        {read_before: "read"} if app_id and read is not None else {},
    )


def _chosen_groups(run: Run, assigned: frozenset[str]) -> dict[str, str]:
    """Return the groups to read: by their ids in lower case, the ids as they were written."""
    written = [
        *assigned,
        *groups_in_rules(run.connection, run.clock.now()),
        *run.settings.pilot_group_ids,
        *run.settings.group_ids,
    ]
    return {group_id.lower(): group_id for group_id in written}


def _somebody_returned(run: Run, rounds: Sequence[Round]) -> bool:
    """Tell whether somebody who was deleted is there again: groups list only who is there."""
    present = {
        oid
        for one in rounds
        for item in one.objects
        if REMOVED not in item and (oid := object_id(item))
    }
    return bool(present) and bool(deleted_among(run.connection, present))


def _deleted_users(
    run: Run,
    directory: GraphDirectory,
    parts: Parts,
    rounds: Sequence[Round],
    known: Mapping[str, str],
) -> tuple[list[dict[str, object]], dict[str, str]]:
    """Read the users that can be restored, where somebody may be found among them.

    Returns them, and the mark of whom they were looked through for.
    """
    is_removing = any(
        one.is_full or any(REMOVED in item for item in one.objects)
        for one in rounds
        if one.kind == "user"
    )
    unknown = newest_unknown_caller(run.connection)
    looked_for = int(known.get(_LOOKED_FOR, -1))
    if not is_removing and unknown <= looked_for:
        return [], {}
    deleted = parts.read(directory.deleted_users)
    if deleted is None:
        return [], {}
    return deleted, {_LOOKED_FOR: str(unknown)} if unknown > looked_for else {}
