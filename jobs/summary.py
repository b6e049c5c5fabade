"""What the demo says at its end: the month in a sentence, the largest units, what is unknown."""

import os
import shutil
import sys
from collections.abc import Mapping
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from jobs.screen import screen
from models.money import usd
from models.publication import Manifest
from models.published import Answer, Published, month_days, reading
from models.settings import Settings
from models.viewer import operator

_LARGEST_UNITS = 12
_COUNTS = ("requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_TITLES = ("unit or label", *(name.replace("_", " ") for name in _COUNTS), "cost", "low", "high")
_PROBLEMS_SHOWN = 4


def print_summary(settings: Settings, manifest: Manifest) -> None:
    """Print the fullest month of a publication, and the commands to look further."""
    if not manifest.months():
        click.echo("No request is in the recording: nothing to charge. Run `tollbook doctor`.")
        return
    days = [day[:7] for day in manifest.days]
    month = max(sorted(set(days)), key=days.count)
    first_day, last_day = month_days(month)
    with reading(
        settings.publication_dir, operator(settings), first_day=first_day, last_day=last_day
    ) as published:
        _print_month(published, month)
        _print_shared(published)
        _print_evidence(published)
    folder = settings.data_dir
    click.echo(
        "\nLook further:\n"
        f"  {_command()} report chargeback --month {month} --by user --data-dir {folder}\n"
        f"  {_command()} doctor --data-dir {folder}\n"
        f"  {_command()} dashboard --data-dir {folder}\n"
    )


def _command() -> str:
    """Return how to call tollbook from here: by its name, or by its path where no PATH has it."""
    return "tollbook" if shutil.which("tollbook") else os.path.relpath(sys.argv[0])


def _print_month(published: Published, month: str) -> None:
    totals = published.query("reports/totals").records()[0]
    click.echo(
        f"\n{month}: {totals['requests']:,} requests reached a model, by {totals['callers']:,}"
        f" callers in {totals['units']:,} units: {usd(totals['list_cost_usd'])} at list price."
        f"\n{_known(totals)}\n"
    )
    screen().print(_table(published.query("reports/summary", largest=_LARGEST_UNITS)))


def _known(totals: Mapping[str, Any]) -> str:
    if totals["measured_share"] in (None, 1):
        return (
            "The gateway's log shows no cache tokens; with them the true list cost lies between low"
            " and high."
        )
    return (
        f"{totals['measured_share']:.0%} of it is measured, {totals['calibrated_share']:.0%} is"
        " estimated per request and scaled to Foundry's own counts; low and high hold it with 90 %"
        " probability."
    )


def _table(answer: Answer) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in _TITLES:
        table.add_column(title, justify="left" if title.startswith("unit") else "right")
    for row in answer.records():
        line = f"{row['units']} other units" if row["line"] == "other units" else row["line"]
        table.add_row(
            f"[italic]{escape(line)}[/]" if row["is_label"] else escape(line[:40]),
            *(f"{row[name]:,}" if row[name] is not None else "unknown"
              for name in _COUNTS),
            *(usd(row[name]) if row[name] is not None else "unknown"
              for name in ("list_cost_usd", "cost_low_usd", "cost_high_usd")),
        )  # fmt: skip
    return table


def _print_shared(published: Published) -> None:
    rows = published.query("reports/shared_total").records()
    if rows:
        each = ", ".join(f"{row['shared_cost']} {usd(row['amount_usd'])}" for row in rows)
        click.echo(f"\nShared costs come on top, split by reviewed policies: {each}.")


def _print_evidence(published: Published) -> None:
    coverage = published.query("reports/coverage").records()[0]
    reached = coverage["reached_model"] or 1
    click.echo(
        f"\nEvidence: {1 - coverage['without_caller'] / reached:.2%} of requests have a caller,"
        f" {1 - coverage['without_usage_row'] / reached:.2%} a usage row;"
        f" {coverage['caller_conflicts']:,} name two callers,"
        f" {coverage['refused_counts']:,} had impossible token counts,"
        f" {coverage['without_time']:,} no time."
    )
    problems = published.query("reports/problems").records()
    for row in problems[:_PROBLEMS_SHOWN]:
        line = f" line {row['line']}" if row["line"] else ""
        click.echo(f"Not as documented: {row['file']}{line}: {row['reason']}")
    if len(problems) > _PROBLEMS_SHOWN:
        count = sum(row["occurrences"] for row in problems)
        click.echo(f"Not as documented: {count:,} lines in all; `tollbook doctor` lists them.")
