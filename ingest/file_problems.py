"""What could not be read of files: kept where the doctor and the dashboard show it."""

from collections.abc import Mapping

from models.warehouse import Connection, transaction


def note_problems(connection: Connection, found: Mapping[str, Mapping[str, int]]) -> None:
    """Keep {file with its place: {reason: occurrences}} instead of what was kept of these files.

    A file without reasons has no problem any more.
    """
    with transaction(connection):
        connection.execute(
            "delete from warehouse.run.problems where list_contains(?::varchar[], file)",
            [list(found)],
        )
        rows = [
            (file, reason, count)
            for file, reasons in found.items()
            for reason, count in reasons.items()
        ]
        if rows:
            connection.executemany(
                "insert into warehouse.run.problems values (?, null, ?, ?)", rows
            )
