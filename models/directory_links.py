"""Who stands in which relation to whom, in two times: managers, members, assignments."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.directory_objects import MANAGER, REMOVED, manager_after
from models.seeds import FOREVER
from models.warehouse import Connection, build, run

MANAGES, MEMBER, ASSIGNMENT = "manager", "member", "assignment"


@dataclass(frozen=True)
class Links:
    """All links of one kind from one source (ids in lower case).

    manager: from a person to the one they report to. member: from a group to everyone in it,
    however deep. assignment: from the application to each principal it is assigned to. `is_new`
    says that the source was never read before, so nothing is known of how it was.
    """

    kind: str
    source_oid: str
    target_oids: frozenset[str]
    is_new: bool = False


def sources_of(connection: Connection, kind: str) -> set[str]:
    """Return the sources that have links of a kind now, as known now."""
    rows = connection.execute(
        "select distinct source_oid from warehouse.directory.links"
        " where kind = ? and valid_to = ? and recorded_to = ?",
        [kind, FOREVER, FOREVER],
    ).fetchall()
    return {oid for (oid,) in rows}


def targets_of(connection: Connection, kind: str, source_oid: str) -> set[str]:
    """Return to whom a source has links of a kind now, as known now."""
    rows = connection.execute(
        "select target_oid from warehouse.directory.links"
        " where kind = ? and source_oid = ? and valid_to = ? and recorded_to = ?",
        [kind, source_oid, FOREVER, FOREVER],
    ).fetchall()
    return {oid for (oid,) in rows}


def are_known(connection: Connection, links: Links) -> bool:
    """Tell whether the links are those that are recorded."""
    return targets_of(connection, links.kind, links.source_oid) == links.target_oids


def managers(
    connection: Connection,
    objects: Mapping[str, dict[str, Any]],
    *,
    is_whole: bool,
    is_first: bool,
) -> list[Links]:
    """Return the managers that users of a round have after it; those of others are unchanged.

    In a whole round nobody has a manager but those it tells; whoever comes back after having been
    removed comes with all links, as a new one does. A removed person keeps the last manager, as all
    else that was known; a removed manager stays one as long as Graph says so.
    """
    present = {oid: item for oid, item in objects.items() if REMOVED not in item}
    back = set() if is_whole else deleted_among(connection, present)
    told = {
        oid: item for oid, item in present.items() if is_whole or MANAGER in item or oid in back
    }
    known = {} if is_whole else _known_managers(connection, told.keys() - back)
    return [
        Links(MANAGES, oid, frozenset(manager_after(item, known.get(oid, ()))), is_first)
        for oid, item in told.items()
    ]


def _known_managers(connection: Connection, oids: Iterable[str]) -> dict[str, list[str]]:
    rows = connection.execute(
        "select source_oid, list(target_oid) from warehouse.directory.links"
        " where kind = $kind and valid_to = $forever and recorded_to = $forever"
        " and source_oid in (select unnest($oids::varchar[])) group by source_oid",
        {"kind": MANAGES, "forever": FOREVER, "oids": list(oids)},
    ).fetchall()
    return dict(rows)


def deleted_among(connection: Connection, oids: Iterable[str]) -> set[str]:
    """Return which of these are recorded as deleted."""
    rows = connection.execute(
        "select oid from warehouse.directory.principals"
        " where deleted and valid_to = ? and recorded_to = ?"
        " and oid in (select unnest(?::varchar[]))",
        [FOREVER, FOREVER, list(oids)],
    ).fetchall()
    return {oid for (oid,) in rows}


def compare_links(connection: Connection, observed: Iterable[Links]) -> int:
    """Build `ended_links` and `begun_links`, in what observed sources differ from the record.

    Reads the variables moment, always and forever. Returns how many links they are.
    """
    with TemporaryDirectory(prefix="tollbook-directory-") as folder:
        file = Path(folder) / "links.ndjson"
        with file.open("w", encoding="utf-8") as out:
            for links in observed:
                out.writelines(_lines(links))
        build(connection, "observed_links", "directory/observed_links", links_file=str(file))
    return build(connection, "ended_links", "directory/ended_links") + build(
        connection, "begun_links", "directory/begun_links"
    )


def supersede_links(connection: Connection) -> None:
    """Write what `compare_links` found; part of the caller's transaction."""
    for step in ("keep_past_links", "end_knowledge_of_links", "begin_links"):
        run(connection, f"directory/{step}")


def _lines(links: Links) -> Iterable[str]:
    line = {"kind": links.kind, "source_oid": links.source_oid, "is_new": links.is_new}
    # One without a target says that the source was read, also where nothing links from it.
    for target in (None, *links.target_oids):
        yield json.dumps(line | {"target_oid": target}) + "\n"
