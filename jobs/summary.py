"""What the demo says at its end: the month in a sentence, the largest units, what is unknown."""

import click

from jobs.command_report import show_table
from models.chargeback import chargeback
from models.money import usd
from models.publication import Manifest
from models.published import Answer, month_days, reading
from models.settings import Settings
from models.viewer import operator

_LARGEST_UNITS = 12
_PROBLEMS_SHOWN = 3


def print_summary(settings: Settings, manifest: Manifest) -> None:
    """Print the latest full month of a publication, and the commands to look further."""
    if not manifest.months():
        click.echo("No request is in the recording: nothing to charge. Run `tollbook doctor`.")
        return
    month = _busiest_month(manifest)
    by_unit = chargeback(settings.publication_dir, operator(), month=month, by=["unit"])
    by_user = chargeback(settings.publication_dir, operator(), month=month, by=["user"])
    rows = by_unit.records()
    requests = sum(row["requests"] for row in rows)
    known = [row["list_cost_usd"] for row in rows if row["list_cost_usd"] is not None]
    people = {row["oid"] for row in by_user.records() if row["oid"]}
    units = {row["unit"] for row in rows if row["unit"]}
    click.echo(
        f"\n{month}: {requests:,} requests reached a model, by {len(people)} callers in"
        f" {len(units)} units, for {usd(sum(known[1:], known[0]) if known else None)} at list price"
        " (uncached input and output, which is all the gateway's log shows).\n"
    )
    ordinary = [row for row in rows if not row["label"]]
    shown = {row["unit"] for row in ordinary[:_LARGEST_UNITS]}
    kept = [
        values
        for row, values in zip(rows, by_unit.rows, strict=True)
        if row["label"] or row["unit"] in shown
    ]
    show_table(
        Answer(by_unit.columns, by_unit.types, kept), f"The {len(shown)} largest units, and labels"
    )
    _print_coverage(settings, month)
    folder = settings.data_dir
    click.echo(
        f"\nLook further:\n"
        f"  tollbook report chargeback --month {month} --by user --data-dir {folder}\n"
        f"  tollbook dashboard --data-dir {folder}\n"
    )


def _print_coverage(settings: Settings, month: str) -> None:
    first_day, last_day = month_days(month)
    with reading(
        settings.publication_dir, operator(), first_day=first_day, last_day=last_day
    ) as published:
        coverage = published.query("reports/coverage").records()[0]
        problems = published.query("reports/problems").records()
    reached = coverage["reached_model"] or 1
    click.echo(
        f"\nEvidence: {1 - coverage['without_caller'] / reached:.1%} of requests have a caller,"
        f" {1 - coverage['without_usage_row'] / reached:.1%} a usage row;"
        f" {coverage['caller_conflicts']:,} name two callers,"
        f" {coverage['refused_counts']:,} had impossible token counts,"
        f" {coverage['without_time']:,} no time."
    )
    for row in problems[:_PROBLEMS_SHOWN]:
        line = f" line {row['line']}" if row["line"] else ""
        click.echo(f"Left out: {row['file']}{line}: {row['reason']}")
    if len(problems) > _PROBLEMS_SHOWN:
        left_out = sum(row["occurrences"] for row in problems)
        click.echo(f"Left out: {left_out:,} broken lines in all; `tollbook doctor` lists them.")


def _busiest_month(manifest: Manifest) -> str:
    months = [day[:7] for day in manifest.days]
    return max(sorted(set(months)), key=months.count)
