"""The jobs that read a source: which there are, and what each asks of its source."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from ingest.landing import Landed
from ingest.log_query import log_service
from ingest.logs import LogReading, load_source
from ingest.source import LOG_SOURCES
from ingest.windows import Window
from models.clock import Clock
from models.errors import SourceError
from models.settings import Settings
from models.warehouse import Connection

if TYPE_CHECKING:
    from jobs.progress import Report

log = structlog.get_logger()


@dataclass(frozen=True)
class Run:
    """What a run needs everywhere."""

    connection: Connection
    settings: Settings
    clock: Clock
    report: "Report"


@dataclass(frozen=True)
class Asked:
    """A span of time asked for instead of what is due; `again` reads it even where it was read."""

    window: Window | None = None
    again: bool = False


NOTHING_ASKED = Asked()


def ingest(run: Run, job: str, asked: Asked = NOTHING_ASKED) -> Landed:
    """Run one of the jobs of INGESTION; what the tenant does not have, or did not set, is skipped.

    Raises SourceError that says what to do when a source cannot be read.
    """
    landed = _JOBS[job](run, asked)
    log.info("read", job=job, received=landed.rows_received, new=landed.rows_new)
    return landed


def _logs(run: Run, asked: Asked) -> Landed:
    """Load every log table; one that fails does not keep the next from being read."""
    landed, failures = Landed(), []
    if not run.settings.workspace_ids:
        return landed
    with log_service(run.settings) as service:
        reading = LogReading(run.connection, service, run.settings, run.clock, run.report)
        for source in LOG_SOURCES:
            try:
                landed += load_source(reading, source, asked=asked.window, again=asked.again)
            except SourceError as error:
                failures.append(error)
    if failures:
        raise failures[0] if len(failures) == 1 else SourceError("\n".join(map(str, failures)))
    return landed


_JOBS: dict[str, Callable[[Run, Asked], Landed]] = {
    "logs": _logs,
}
INGESTION = tuple(_JOBS)
"""The jobs that read sources, in no order that matters."""
