"""What the load records say: windows nobody answered for, and jobs that failed when last run."""

from collections.abc import Iterator

from ingest.windows import holes
from models.clock import rfc3339
from models.finding import DoctorFinding, ok, warn
from models.settings import Settings
from models.warehouse import Connection, looking, run

_HOLES_SHOWN = 5


def load_findings(settings: Settings) -> Iterator[DoctorFinding]:
    """Yield what is wrong with what was loaded so far; nothing before the first run."""
    if not settings.warehouse_file.is_file():
        return
    with looking(settings.warehouse_file) as connection:
        if connection is None:
            yield warn(
                "loads",
                "loads",
                "the warehouse is being written, or waits for its migration",
                "run doctor again after the run has ended, or start one with `tollbook run`",
            )
            return
        yield from _holes(connection)
        yield from _failed(connection)


def _holes(connection: Connection) -> Iterator[DoctorFinding]:
    found = 0
    for source, origin in run(connection, "run/loaded").fetchall():
        missing = holes(connection, source, origin)
        found += len(missing)
        for start, end in missing[:_HOLES_SHOWN]:
            span = f"{rfc3339(start)} to {rfc3339(end)}"
            yield warn(
                "loads",
                "loads",
                f"{source} of {origin} was not read from {span}",
                "the next `tollbook run` reads it; or now:"
                f" `tollbook run ingest --from {rfc3339(start)} --to {rfc3339(end)}`",
            )
        if len(missing) > _HOLES_SHOWN:
            more = len(missing) - _HOLES_SHOWN
            yield warn(
                "loads", "loads", f"{more} more holes in {source} of {origin}", "run `tollbook run`"
            )
    if not found:
        yield ok("loads", "loads", "no window between the first and the last one read is missing")


def _failed(connection: Connection) -> Iterator[DoctorFinding]:
    for job, started_at, outcome, detail in run(connection, "run/last_runs").fetchall():
        if outcome not in {"succeeded", "running"}:
            yield warn(
                "loads",
                "loads",
                f"job {job} failed when last run, at {rfc3339(started_at)} ({detail})",
                f"run `tollbook run {job}` and read what it says",
            )
