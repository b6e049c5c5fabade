"""The jobs that read a source: which there are, and what each asks of its source."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from ingest.landing import Landed
from ingest.log_query import log_service
from ingest.logs import LogReading, load_source
from ingest.progress import Progress
from ingest.source import LOG_SOURCES
from ingest.windows import Window
from models.clock import Clock
from models.errors import SourceError
from models.settings import Settings
from models.warehouse import Connection, modest_memory

# Rows pass through in pieces, so more memory would only be filled, not used.
_MEMORY = "350MB"

log = structlog.get_logger()


@dataclass(frozen=True)
class Run:
    """What a run needs everywhere."""

    connection: Connection
    settings: Settings
    clock: Clock
    report: Progress


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
    with modest_memory(run.connection, _MEMORY):
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


# Each source's SDK costs up to half a second of imports; a tenant pays for those it has.
# ruff: noqa: PLC0415


def _exports(run: Run, _: Asked) -> Landed:
    if not run.settings.log_exports:
        return Landed()
    from ingest.log_exports import load_log_exports

    return load_log_exports(run.connection, run.settings, run.clock, run.report)


def _usage(run: Run, _: Asked) -> Landed:
    if not run.settings.usage_records:
        return Landed()
    from ingest.usage_records import load_usage_records

    return load_usage_records(run.connection, run.settings, run.clock, run.report)


def _metrics(run: Run, asked: Asked) -> Landed:
    if not (run.settings.foundry_resource_ids or run.settings.apim_resource_ids):
        return Landed()
    from ingest.platform_metrics import load_platform_metrics

    return load_platform_metrics(
        run.connection, run.settings, run.clock, run.report, asked=asked.window, again=asked.again
    )


def _costs(run: Run, asked: Asked) -> Landed:
    landed = Landed()
    if run.settings.billing_scope:
        from ingest.cost_management import load_cost_totals

        landed += load_cost_totals(
            run.connection,
            run.settings,
            run.clock,
            run.report,
            asked=asked.window,
            again=asked.again,
        )
    if run.settings.cost_exports:
        from ingest.cost_exports import load_cost_exports

        landed += load_cost_exports(run.connection, run.settings, run.clock, run.report)
    return landed


def _retail_prices(run: Run, _: Asked) -> Landed:
    if not run.settings.apim_resource_ids:
        return Landed()
    from ingest.retail_prices import load_retail_prices

    return load_retail_prices(run.connection, run.settings, run.clock)


# Sources that are files have no windows: what is new in them is read, whatever span is asked for.
_JOBS: dict[str, Callable[[Run, Asked], Landed]] = {
    "logs": _logs,
    "exports": _exports,
    "usage": _usage,
    "metrics": _metrics,
    "costs": _costs,
    "retail-prices": _retail_prices,
}
INGESTION = tuple(_JOBS)
"""The jobs that read sources, in no order that matters."""
