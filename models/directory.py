"""The directory's history in two times: what was valid when, and since when we have known it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

from models.clock import rfc3339
from models.directory_links import Links, are_known, compare_links, managers, supersede_links
from models.directory_objects import REMOVED, merged
from models.seeds import ALWAYS, FOREVER, naive
from models.sql_files import sql
from models.warehouse import Connection, build, run, scalar, transaction

LINK_KEPT = timedelta(hours=12)
"""A delta link is stored again at least this often; Graph keeps one for seven days."""

CHANGED = "directory_changed"
"""Since when the directory is as it is, among the warehouse's inputs (RFC 3339)."""

OWNERSHIP_FROM = "ownership_from"
"""What units were last resolved from, among the warehouse's inputs; absent when outdated."""

_MANAGERS_READ = "users/manager"

_Objects: TypeAlias = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Round:
    """One delta round of a collection: its objects as Graph sent them, in the order they came.

    `is_full` says that the round began from nothing. Then whoever it does not name is gone, except
    where a collection is not enumerated (`is_enumerated`).
    """

    collection: str
    kind: str
    objects: list[dict[str, Any]]
    next_link: str
    is_full: bool
    is_enumerated: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether everything there is came."""
        return self.is_full and self.is_enumerated

    @property
    def tells_managers(self) -> bool:
        """Whether everybody's manager came."""
        return self.is_whole and self.kind == "user"


@dataclass(frozen=True)
class Sync:
    """Everything that one look at the directory brought.

    `deleted_users` are those that can still be restored; `links` are of sources whose links were
    all read; `marks` say by name how things stand with what is read besides the delta rounds.
    """

    rounds: tuple[Round, ...] = ()
    deleted_users: list[dict[str, Any]] = field(default_factory=list)
    links: tuple[Links, ...] = ()
    marks: Mapping[str, str] = field(default_factory=dict)


def marks(connection: Connection) -> dict[str, str]:
    """Return the delta links by collection, and the marks of `Sync` by name."""
    return {name: text for name, (text, _) in _stored(connection).items()}


def newest_unknown_caller(connection: Connection) -> int:
    """Return the newest caller of the log whom the directory does not know, -1 for none."""
    return int(scalar(connection, sql("directory/newest_unknown_caller")))


def record(
    connection: Connection,
    collection: str,
    kind: str,
    objects: Iterable[dict[str, Any]],
    *,
    is_full: bool,
    next_link: str,
    observed_at: datetime,
) -> int:
    """Record one delta round alone; see `record_sync`."""
    delta_round = Round(collection, kind, list(objects), next_link, is_full)
    return record_sync(connection, Sync((delta_round,)), observed_at)


def record_sync(connection: Connection, sync: Sync, observed_at: datetime) -> int:
    """Record what was seen at a time (UTC); return how many principals and links changed.

    Graph tells no time of change, so a change is valid from when it was first seen. The first that
    is ever known of a principal is taken to have held before as well: there is nothing else to
    book earlier usage on. Everything commits together with the next delta links.
    """
    moment = naive(observed_at)
    known = _stored(connection)
    new_marks = {
        name: text for name, text in sync.marks.items() if known.get(name, ("",))[0] != text
    }
    if _MANAGERS_READ not in known and any(one.tells_managers for one in sync.rounds):
        new_marks[_MANAGERS_READ] = "read"
    due = [one for one in sync.rounds if not _may_wait(one, known, moment)]
    changed = _compare(connection, sync, moment, is_first=_MANAGERS_READ in new_marks)
    # An older link still leads to the same place; a quiet hour need not cost a write.
    if not changed and not due and not new_marks:
        return 0
    new_marks |= {one.collection: one.next_link for one in due}
    with transaction(connection):
        if changed:
            for step in ("keep_past", "end_knowledge", "begin_present"):
                run(connection, f"directory/{step}")
            supersede_links(connection)
            _note_change(connection, observed_at)
        _store(connection, new_marks, moment)
    return changed


def _store(connection: Connection, new_marks: Mapping[str, str], moment: datetime) -> None:
    for name, text in new_marks.items():
        connection.execute(
            "delete from warehouse.directory.delta_links where collection = ?", [name]
        )
        connection.execute(
            "insert into warehouse.directory.delta_links values (?, ?, ?)", [name, text, moment]
        )


def _stored(connection: Connection) -> dict[str, tuple[str, datetime]]:
    rows = connection.execute("from warehouse.directory.delta_links").fetchall()
    return {name: (text, synced_at) for name, text, synced_at in rows}


def _may_wait(
    delta_round: Round, known: Mapping[str, tuple[str, datetime]], moment: datetime
) -> bool:
    if delta_round.objects or delta_round.is_full or delta_round.collection not in known:
        return False
    _, synced_at = known[delta_round.collection]
    return timedelta(0) <= moment - synced_at < LINK_KEPT


def _compare(connection: Connection, sync: Sync, moment: datetime, *, is_first: bool) -> int:
    """Build what differs from the record: `changed`, `ended_links`, `begun_links`; return how much.

    `is_first` says that managers were never read before.
    """
    has_news = any(one.objects or one.is_whole for one in sync.rounds) or sync.deleted_users
    if not has_news and all(are_known(connection, links) for links in sync.links):
        return 0
    for name, value in {"moment": moment, "always": ALWAYS, "forever": FOREVER}.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    links = list(sync.links)
    told = [(one, merged(one.objects)) for one in sync.rounds]
    for one, objects in told:
        if one.kind == "user":
            links += managers(connection, objects, is_whole=one.is_whole, is_first=is_first)
    changed = _changed_principals(connection, told, sync.deleted_users)
    return changed + compare_links(connection, links)


def _changed_principals(
    connection: Connection, told: list[tuple[Round, _Objects]], deleted_users: list[dict[str, Any]]
) -> int:
    _build_observed(connection, "observed", (line for one in told for line in _lines(*one)))
    deleted = [user | {REMOVED: {"reason": "changed"}} for user in deleted_users]
    bin_round = Round("", "user", deleted, "", is_full=False)
    _build_observed(connection, "binned", _lines(bin_round, merged(deleted)))
    whole_kinds = [one.kind for one, _ in told if one.is_whole]
    build(connection, "vanished", "directory/vanished", whole_kinds=whole_kinds)
    build(connection, "told", "directory/told")
    return build(connection, "changed", "directory/changed")


def _build_observed(connection: Connection, table: str, lines: Iterable[str]) -> None:
    with TemporaryDirectory(prefix="tollbook-directory-") as folder:
        file = Path(folder) / "objects.ndjson"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(lines)
        build(connection, table, "directory/observed", objects_file=str(file))


def _lines(delta_round: Round, objects: _Objects) -> Iterator[str]:
    for item in objects.values():
        line = {"kind": delta_round.kind, "is_whole": delta_round.is_whole, "object": item}
        yield json.dumps(line) + "\n"


def _note_change(connection: Connection, observed_at: datetime) -> None:
    # Two looks may have one time, where the clock is fixed.
    connection.execute(
        "delete from warehouse.run.inputs where name in (?, ?)", [CHANGED, OWNERSHIP_FROM]
    )
    connection.execute(
        "insert into warehouse.run.inputs values (?, ?)", [CHANGED, rfc3339(observed_at)]
    )
