"""The job `retention`: deletes what the settings say is no longer to be kept."""

from collections.abc import Collection
from datetime import date

import structlog

from jobs.ingestion import Run
from models.publication import read_manifest
from models.retention import Purged, Rule, purge

log = structlog.get_logger()


def has_rule(run: Run) -> bool:
    """Tell whether anything is to be deleted at all; by default everything is kept."""
    return rule_of(run) != Rule()


def rule_of(run: Run) -> Rule:
    """Return for how long the settings keep what."""
    return Rule(run.settings.retention_raw_days, run.settings.retention_requests_days)


def retain(run: Run, pending: Collection[date]) -> Purged:
    """Delete what is older than the settings keep; days `pending` a build are left alone."""
    folder = run.settings.publication_dir
    manifest = read_manifest(folder)
    if manifest is None:
        return Purged()
    done = purge(run.connection, folder, manifest, rule_of(run), run.clock.now(), pending)
    log.info("deleted by the retention rule", rows=done.rows, request_days=done.request_days)
    return done
