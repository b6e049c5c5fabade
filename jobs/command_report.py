"""`tollbook report`: the rows of a report as a table for people or a file for machines."""

import sys
from pathlib import Path

import click

from jobs.cli import data_dir_option
from jobs.reports import REPORTS, Question
from models.errors import ReportError
from models.rendering import BINARY_FORMATS, FORMATS, render
from models.settings import read_settings


def _keys_help() -> str:
    lines = [
        f"{name.capitalize()}: {', '.join(report.keys)}."
        f"  [default: {', '.join(report.usual) or 'the month'}]"
        for name, report in REPORTS.items()
        if report.keys
    ]
    return f"One row per key, or several as a,b. {' '.join(lines)}"


@click.command()
@click.argument("name", type=click.Choice(list(REPORTS)))
@click.option("--month", required=True, metavar="YYYY-MM", help="The month, in UTC.")
@click.option(
    "--by",
    "keys",
    multiple=True,
    metavar="KEY",
    help=_keys_help(),
)
@click.option(
    "--roll-up", is_flag=True,
    help="Chargeback by unit or manager: add a row for each that has others below it.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True,
    help="How to write the rows.",
)  # fmt: skip
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@data_dir_option
def report(
    name: str,
    month: str,
    keys: tuple[str, ...],
    roll_up: bool,
    form: str,
    out: Path | None,
    data_dir: Path | None,
) -> None:
    """Print a report of a month.

    chargeback: what each user, unit, group, manager, model, client or day used and what it costs.
    Rows add up to the month; what has no caller, no price or no usage stands in rows with a label.
    Billed costs add up to the CCU invoice before tax. By group, usage stands in the row of every
    group its caller was in on that day, so rows overlap, and say so. By manager, it stands with
    whom its caller reported to when the day began (UTC). --roll-up adds rows, marked is_roll_up,
    with all that is below a unit, or a manager and everybody below; the other rows add up.

    reconciliation: the walk from list cost to the CCU invoice, what remains by cause, and whether
    the month can be called final.

    allocation: what was billed beside Claude, which rule calls it what shared cost, how it was
    split, and what was not. Ratios of an allocation sum to 1, amounts to what is split; by unit or
    user, who bears which part.

    showback: what each unit would owe if costs were charged, beside what it carries today; with
    TOLLBOOK_SHOWBACK the central unit (TOLLBOOK_CENTRAL_UNIT) carries all. Both add up to the same.

    coverage: per day, how much of the traffic is known and by which evidence, and how old the rows
    are that still wait for their other half.

    adoption: who may use Claude, and who does. People count in the unit they were in at the end of
    the month, or as last known. entitled: held an assignment of the application, directly or
    through a group, at any moment of the month. active: at least one request that reached a model.
    never used: entitled at the month's end, and no request ever up to then. dormant: entitled, used
    it before, and not in the last 30 days up to the month's end. active without assignment: active,
    and at no moment of the month entitled. after leaving: requests while disabled or deleted.
    Weeks begin on Monday and are cut at the month; group,user lists who has not arrived.

    economics: what a user, a request, a session and a million tokens cost, how much of the prompts
    came from caches, what that saved and what expired caches cost, beside the month before.

    budget: each budget in force, what was spent of it (contracted cost), what its period is
    forecast to come to with an 80 % interval, thresholds, and the day it is exhausted. A unit has
    all that is below it; groups overlap.

    forecast: what whole months up to this one would have been forecast to come to with 10 and 20
    days known, and what they came to. A trial on what is published now.
    """
    settings = read_settings(data_dir=data_dir)
    by = [key.strip() for given in keys for key in given.split(",") if key.strip()]
    asked = REPORTS[name]
    if roll_up and not asked.rolls_up:
        raise ReportError(f"{name} has no roll-up: leave --roll-up out")
    question = Question(settings, month, tuple(by) or asked.usual, roll_up=roll_up)
    answer = asked.rows(question)
    if form == "table" and out is None:
        asked.show(question, answer)
        return
    if form == "table":
        raise ReportError("--out needs a file format: add --format csv, json, parquet or xlsx")
    if form in BINARY_FORMATS and out is None:
        raise ReportError(f"{form} is not text: name a file with --out")
    content = render(answer, form, sheet=f"{name} {month}")
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(content)
    click.echo(f"{len(answer.rows)} rows written to {out}", err=True)
