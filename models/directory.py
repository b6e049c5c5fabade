"""The directory's history in two times: what was valid when, and since when we have known it."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from models.seeds import ALWAYS, FOREVER
from models.sql_files import sql
from models.warehouse import Connection, build, mark_dirty, run, scalar, transaction

LINK_KEPT = timedelta(hours=12)
"""A delta link is stored again at least this often; Graph keeps one for seven days."""


def delta_link(connection: Connection, collection: str) -> str | None:
    """Return where the next delta round of a collection starts, None for a first full round."""
    row = connection.execute(
        "select delta_link from warehouse.directory.delta_links where collection = ?", [collection]
    ).fetchone()
    return row[0] if row else None


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
    """Record one delta round observed at a time (UTC); return how many principals changed.

    Graph tells no time of change, so a change is valid from when it was first seen. The first that
    is ever known of a principal is taken to have held before as well: there is nothing else to
    book earlier usage on. Everything commits together with the next delta link.
    """
    moment = observed_at.replace(tzinfo=None)
    changed = _changed(connection, kind, objects, is_full=is_full)
    if not changed and not is_full and _is_recent(connection, collection, moment):
        # The older link still leads here; a quiet hour need not cost a write.
        return 0
    with transaction(connection):
        if changed:
            _supersede(connection, moment)
            _mark_days(connection)
        connection.execute(
            "delete from warehouse.directory.delta_links where collection = ?", [collection]
        )
        connection.execute(
            "insert into warehouse.directory.delta_links values (?, ?, ?)",
            [collection, next_link, moment],
        )
    return changed


def _is_recent(connection: Connection, collection: str, moment: datetime) -> bool:
    row = connection.execute(
        "select synced_at from warehouse.directory.delta_links where collection = ?", [collection]
    ).fetchone()
    return row is not None and timedelta(0) <= moment - row[0] < LINK_KEPT


def _changed(
    connection: Connection, kind: str, objects: Iterable[dict[str, Any]], *, is_full: bool
) -> int:
    lines = [json.dumps(item) for item in objects]
    if not lines and not is_full:
        return 0
    with TemporaryDirectory(prefix="tollbook-directory-") as folder:
        file = Path(folder) / "objects.ndjson"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        build(connection, "observed", "directory/observed", objects_file=str(file), kind=kind)
    connection.execute("set variable forever = $moment", {"moment": FOREVER})
    if is_full:
        build(connection, "vanished", "directory/vanished")
        connection.execute("insert into observed by name select *, true as deleted from vanished")
    return build(connection, "changed", "directory/changed")


def _supersede(connection: Connection, moment: datetime) -> None:
    for step in ("keep_past", "end_knowledge", "begin_present"):
        run(connection, f"directory/{step}", moment=moment, always=ALWAYS)


def _mark_days(connection: Connection) -> None:
    days = run(connection, "directory/days_touched").fetchall()
    if scalar(connection, sql("directory/newcomers")):
        days += run(connection, "directory/days_of_newcomers").fetchall()
    mark_dirty(connection, [day for (day,) in days], "directory")
