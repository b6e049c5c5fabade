"""`tollbook run`: jobs once, in the order of their dependence."""

from datetime import datetime
from pathlib import Path

import click

from jobs.cli import data_dir_option
from jobs.ingestion import Asked, Run
from jobs.logging_setup import set_up_logging
from jobs.pipeline import INGEST, JOBS, open_run, run_jobs
from jobs.progress import progress_bars
from models.clock import parse_utc
from models.settings import read_settings


@click.command()
@click.argument("jobs", nargs=-1, type=click.Choice([INGEST, *JOBS]))
@click.option("--from", "start", metavar="T", help="Read from this time (RFC 3339, UTC).")
@click.option("--to", "end", metavar="T", help="Read until this time.")
@click.option("--again", is_flag=True, help="Read the span even where it was read before.")
@data_dir_option
def run(
    jobs: tuple[str, ...], start: str | None, end: str | None, again: bool, data_dir: Path | None
) -> None:
    """Run jobs once, in the order of their dependence; without a name, all of them.

    `ingest` stands for every job that reads a source. Each reads what it still owes of its
    history: what is new, and what an earlier run left out. With --from and --to it reads what it
    owes of that span: a backfill of months that is interrupted goes on where it was. No row is
    ever doubled.
    """
    settings = read_settings(data_dir=data_dir)
    clock = settings.clock()
    if (start is None) != (end is None):
        raise click.UsageError("--from and --to go together")
    if again and not start:
        raise click.UsageError("--again needs --from and --to")
    window = (_time(start), _time(end)) if start and end else None
    if window and window[0] >= window[1]:
        raise click.UsageError("--from must be before --to")
    set_up_logging()
    with progress_bars() as report, open_run(settings, clock) as connection:
        run_jobs(Run(connection, settings, clock, report), jobs or JOBS, Asked(window, again))


def _time(text: str) -> datetime:
    try:
        return parse_utc(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is not a time: write 2026-10-01T00:00:00Z") from None
