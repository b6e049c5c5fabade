"""`tollbook ownership`: what changed rules would move, and which rule put a person where."""

from decimal import Decimal
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from jobs.cli import data_dir_option
from jobs.screen import screen
from models.clock import rfc3339
from models.money import usd
from models.ownership_history import history
from models.ownership_preview import preview
from models.published import Answer
from models.rendering import render
from models.settings import read_settings

_TITLES = {
    "list_cost_usd": "as booked",
    "proposed_list_cost_usd": "as proposed",
    "difference_list_cost_usd": "difference",
}
_AMOUNTS = tuple(_TITLES)


@click.group()
def ownership() -> None:
    """Look after the rules that say which unit a request belongs to."""


@ownership.command("preview")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--month", metavar="YYYY-MM", help="The month to look at.  [default: this one]")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json"]), default="table",
    show_default=True, help="How to write the rows.",
)  # fmt: skip
@data_dir_option
def preview_command(folder: Path, month: str | None, form: str, data_dir: Path | None) -> None:
    """Show per unit what a month costs as booked, and with the rules in FOLDER. Changes nothing.

    FOLDER holds what is changed of ownership_rules.csv, unit_names.csv, unit_corrections.csv and
    owners.csv. To apply it, move it to the seeds folder (TOLLBOOK_SEEDS_DIR): the next run books by
    it.
    """
    settings = read_settings(data_dir=data_dir)
    now = settings.clock().now()
    chosen = month or f"{now:%Y-%m}"
    answer = preview(settings, folder, month=chosen, known_at=now)
    if form == "table":
        _show(answer, f"units of {chosen}, list cost: as booked, and as proposed")
    else:
        click.echo(render(answer, form, sheet="ownership").decode(), nl=False)


@ownership.command("history")
@click.argument("oid")
@data_dir_option
def history_command(oid: str, data_dir: Path | None) -> None:
    """Show which unit a person or service (object id) belonged to, when, and by which rule."""
    settings = read_settings(data_dir=data_dir)
    table = Table(box=None, pad_edge=False)
    for title in ("from", "to", "unit", "rule", "reads", "raw value", "source"):
        table.add_column(title, overflow="fold")
    for span in history(settings.warehouse_file, oid):
        times = (span.valid_from, span.valid_to)
        table.add_row(
            *(rfc3339(moment) if moment else "" for moment in times),
            *(escape(text or "") for text in (span.unit, span.unit_rule, span.attribute)),
            *(escape(text or "") for text in (span.raw_value, span.rule_source)),
        )
    screen().print(table)


def _show(answer: Answer, title: str) -> None:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, show_footer=True)
    rows = answer.records()
    table.add_column("unit", footer="total")
    for name in ("requests", "proposed_requests"):
        total = sum(row[name] for row in rows)
        table.add_column(name.replace("_", " "), justify="right", footer=f"{total:,}")
    for name in _AMOUNTS:
        known = sum((row[name] or Decimal(0) for row in rows), Decimal(0))
        table.add_column(_TITLES[name], justify="right", footer=usd(known))
    for row in rows:
        counts = (f"{row[name]:,}" for name in ("requests", "proposed_requests"))
        amounts = (usd(row[name]) for name in _AMOUNTS)
        table.add_row(escape(row["unit"] or "no caller"), *counts, *amounts)
    screen().print(table)
