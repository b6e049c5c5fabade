"""`tollbook run`: jobs once, in the order of their dependence."""

from datetime import datetime
from pathlib import Path

import click

from jobs.cli import data_dir_option
from jobs.logging_setup import set_up_logging
from jobs.pipeline import JOBS, Run, open_run, run_jobs
from jobs.progress import progress_bars
from models.clock import parse_utc
from models.settings import read_settings


@click.command()
@click.argument("jobs", nargs=-1, type=click.Choice(JOBS))
@click.option("--from", "start", metavar="T", help="Read again from this time (RFC 3339, UTC).")
@click.option("--to", "end", metavar="T", help="Read again until this time.")
@data_dir_option
def run(jobs: tuple[str, ...], start: str | None, end: str | None, data_dir: Path | None) -> None:
    """Run jobs once: ingest, directory, build. Without a name, all of them.

    With --from and --to, ingest reads that span of ingestion time again instead of going on from
    its high-water mark; rows already known are not doubled.
    """
    settings = read_settings(data_dir=data_dir)
    clock = settings.clock()
    if (start is None) != (end is None):
        raise click.UsageError("--from and --to go together")
    window = (_time(start), _time(end)) if start and end else None
    if window and window[0] >= window[1]:
        raise click.UsageError("--from must be before --to")
    set_up_logging()
    with progress_bars() as report, open_run(settings, clock) as connection:
        run_jobs(Run(connection, settings, clock, report), jobs or JOBS, window)


def _time(text: str) -> datetime:
    try:
        return parse_utc(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is not a time: write 2026-10-01T00:00:00Z") from None
