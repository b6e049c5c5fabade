"""`tollbook what-if`: a month's requests on another model, or with caches kept for another time."""

import sys
from pathlib import Path

import click

from jobs.cli import data_dir_option
from jobs.economics_table import show_replay
from models.rendering import render
from models.settings import read_settings
from models.viewer import operator
from models.what_if import CACHE_TTLS, Change, Whose
from models.what_if import what_if as replay


@click.command("what-if")
@click.option("--month", required=True, metavar="YYYY-MM", help="The month, in UTC.")
@click.option("--model", metavar="MODEL", help="Another model of the price list.")
@click.option(
    "--cache-ttl", type=click.Choice(CACHE_TTLS), help="How long every cache would be kept."
)
@click.option("--unit", metavar="UNIT", help="Only requests of this leaf unit.")
@click.option("--user", metavar="OID", help="Only requests of this caller (object id).")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table",
    show_default=True, help="How to write the rows.",
)  # fmt: skip
@data_dir_option
def what_if(
    month: str,
    model: str | None,
    cache_ttl: str | None,
    unit: str | None,
    user: str | None,
    form: str,
    data_dir: Path | None,
) -> None:
    """Replay a month's requests at list price with one thing changed.

    --model: the same tokens at that model's dated prices, each request in its own band. Requests at
    times when the model had no price for their speed and zone are reported apart. Where the models
    count tokens differently, low and high give the cost without and with that difference.

    --cache-ttl 1h: five-minute writes at the price of one-hour writes; a request of a session that
    came 5 to 60 minutes after the last one reads what it had to write again. 5m: the reverse.

    This says nothing of what another model would have answered, nor of the invoice.
    """
    settings = read_settings(data_dir=data_dir)
    change = Change(model and model.strip().lower(), cache_ttl)
    answer = replay(
        settings.publication_dir,
        operator(settings),
        change,
        month=month,
        whose=Whose(unit, user),
        seeds_dir=settings.seeds_dir,
    )
    if form == "table":
        changes = [model, cache_ttl and f"caches kept for {cache_ttl}"]
        show_replay(answer, f"what if {month}: {', '.join(filter(None, changes))}")
        return
    sys.stdout.buffer.write(render(answer, form, sheet=f"what-if {month}"))
    sys.stdout.flush()
