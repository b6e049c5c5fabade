"""The operations database: what people decide and do, kept apart from what is measured.

One SQLite file that several processes may write, each for a moment. It is the only thing that is
written beside the warehouse and the publication.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from models.clock import rfc3339
from models.errors import OperationsError
from models.sql_files import sql

OPERATIONS_VERSION = 2
"""The version this code writes. `sql/operations/vN.sql` leads from N - 1 to N."""

_WAIT_SECONDS = 30


@dataclass(frozen=True)
class AuditLine:
    """Who did what to what, at a time (RFC 3339 UTC). No line holds an object id or a name."""

    audit_id: str
    at: str
    actor: str
    action: str
    subject: str
    detail: str


def audit_line(
    at: datetime, *, action: str, subject: str, detail: str = "", actor: str = "command line"
) -> AuditLine:
    """Return a line of its own identity; recording it twice records it once."""
    return AuditLine(str(uuid4()), rfc3339(at), actor, action, subject, detail)


@contextmanager
def operations(file: Path) -> Iterator[sqlite3.Connection]:
    """Open the operations database; what the block does commits together, or not at all.

    Raises OperationsError when the file is of a newer tollbook, cannot be written, or is no
    database.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(file, timeout=_WAIT_SECONDS, isolation_level=None)
    except sqlite3.Error as error:
        raise OperationsError(_unusable(file, error)) from error
    try:
        _prepare(connection, file)
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
    except sqlite3.Error as error:
        raise OperationsError(_unusable(file, error)) from error
    finally:
        connection.close()


def record_audit(connection: sqlite3.Connection, line: AuditLine) -> None:
    """Add a line to the audit, once."""
    connection.execute(sql("operations/record_audit"), asdict(line))


def compact(file: Path) -> None:
    """Write the database anew, so that bytes of what was changed are in neither file nor log."""
    try:
        with closing(sqlite3.connect(file, timeout=_WAIT_SECONDS)) as connection:
            for statement in ("pragma secure_delete = on", "vacuum"):
                connection.execute(statement)
            connection.execute("pragma wal_checkpoint(truncate)")
    except sqlite3.Error as error:
        raise OperationsError(_unusable(file, error)) from error


def audit_lines(connection: sqlite3.Connection) -> list[AuditLine]:
    """Return the whole audit, oldest first."""
    rows = connection.execute(
        "select audit_id, at, actor, action, subject, detail from audit order by at, rowid"
    )
    return [AuditLine(*row) for row in rows]


def record_alerts(
    connection: sqlite3.Connection, at: datetime, channel: str, crossings: Iterable[str]
) -> None:
    """Note that a channel was told of crossings; see `models.alerts`."""
    rows = [
        {"crossing": crossing, "channel": channel, "delivered_at": rfc3339(at)}
        for crossing in crossings
    ]
    connection.executemany(sql("operations/record_alert"), rows)


def alerts_delivered(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """Return every (crossing, channel) that was told."""
    return set(connection.execute("select crossing, channel from alerts_delivered"))


def _prepare(connection: sqlite3.Connection, file: Path) -> None:
    # Bytes of what is changed or deleted do not stay in the file.
    for pragma in ("journal_mode = wal", "foreign_keys = on", "secure_delete = on"):
        connection.execute(f"pragma {pragma}")
    if _version(connection, file) == OPERATIONS_VERSION:
        return
    connection.execute("begin immediate")
    try:
        # Another process may have been first.
        for step in range(_version(connection, file) + 1, OPERATIONS_VERSION + 1):
            for statement in _statements(sql(f"operations/v{step}")):
                connection.execute(statement)
            connection.execute(f"pragma user_version = {step}")
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _version(connection: sqlite3.Connection, file: Path) -> int:
    version = int(connection.execute("pragma user_version").fetchone()[0])
    if version > OPERATIONS_VERSION:
        raise OperationsError(
            f"{file} has version {version}, this tollbook writes {OPERATIONS_VERSION}:"
            " install the newer tollbook that wrote it"
        )
    return version


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; a trigger has semicolons of its own."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _unusable(file: Path, error: sqlite3.Error) -> str:
    return (
        f"{file} cannot be used ({error}): make sure that it can be written and that there is"
        " room; if it is damaged, restore a backup or move it away"
    )
