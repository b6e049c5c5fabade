"""`tollbook report`: the rows of a report as a table for people or a file for machines."""

import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from jobs.adoption_table import show_adoption
from jobs.bridge_table import show_bridge
from jobs.cli import data_dir_option
from jobs.screen import screen
from models.adoption import KEYS as ADOPTION_KEYS
from models.adoption import adoption
from models.bridge import KEYS as BRIDGE_KEYS
from models.chargeback import KEY_COLUMNS, chargeback, summands
from models.coverage import coverage
from models.errors import ReportError
from models.money import usd
from models.published import Answer
from models.reconciliation import reconciliation
from models.rendering import BINARY_FORMATS, FORMATS, is_share, plain, render
from models.settings import Settings, read_settings
from models.viewer import operator

_TEXT_WIDTH = 60
_SHOWN = (
    "day",
    "label",
    "overlaps",
    "requests",
    "input_tokens",
    "output_tokens",
    "list_cost_usd",
    "cost_status",
    "cost_high_usd",
    "billed_cost_usd",
    "gateway_requests",
    "without_caller",
    "without_usage_row",
    "without_gateway_row",
    "oldest_unmatched_hours",
    "throttled",
)
_OLDEST = "oldest_unmatched_hours"


@click.command()
@click.argument("name", type=click.Choice(["chargeback", "reconciliation", "coverage", "adoption"]))
@click.option("--month", required=True, metavar="YYYY-MM", help="The month, in UTC.")
@click.option(
    "--by",
    "keys",
    multiple=True,
    metavar="KEY",
    help=f"One row per {', '.join(KEY_COLUMNS)}; several as a,b.  [default: unit]"
    f" Reconciliation: {', '.join(BRIDGE_KEYS)}.  [default: the month]"
    f" Adoption: {'; '.join(ADOPTION_KEYS)}.  [default: unit]",
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

    coverage: per day, how much of the traffic is known and by which evidence, and how old the rows
    are that still wait for their other half.

    adoption: who may use Claude, and who does. People count in the unit they were in at the end of
    the month, or as last known. entitled: held an assignment of the application, directly or
    through a group, at any moment of the month. active: at least one request that reached a model.
    never used: entitled at the month's end, and no request ever up to then. dormant: entitled, used
    it before, and not in the last 30 days up to the month's end. active without assignment: active,
    and at no moment of the month entitled. after leaving: requests while disabled or deleted.
    Weeks begin on Monday and are cut at the month; group,user lists who has not arrived.
    """
    settings = read_settings(data_dir=data_dir)
    by = [key.strip() for given in keys for key in given.split(",") if key.strip()]
    if roll_up and name != "chargeback":
        raise ReportError(f"{name} has no roll-up: leave --roll-up out")
    answer, by = _asked(settings, name, month, by, roll_up=roll_up)
    if form == "table" and out is None:
        _show(settings, answer, name, month, by)
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


def _asked(
    settings: Settings, name: str, month: str, by: list[str], *, roll_up: bool
) -> tuple[Answer, list[str]]:
    """Return the rows of a report, and by what they are."""
    folder = settings.publication_dir
    if name == "adoption":
        by = by or ["unit"]
        groups = settings.pilot_group_ids
        return (
            adoption(folder, operator(settings), month=month, by=by, rollout_groups=groups),
            by,
        )
    if name == "chargeback":
        by = by or ["unit"]
        return chargeback(folder, operator(settings), month=month, by=by, roll_up=roll_up), by
    if name == "reconciliation":
        return reconciliation(folder, operator(settings), month=month, by=by), by
    if by not in ([], ["day"]):
        raise ReportError("coverage is reported by day: leave --by out")
    return coverage(folder, operator(settings), month=month), ["day"]


def _show(settings: Settings, answer: Answer, name: str, month: str, by: list[str]) -> None:
    title = " by ".join([f"{name} {month}", *([", ".join(by)] if by else [])])
    if name == "adoption":
        show_adoption(answer, by, title)
    elif name == "reconciliation":
        show_bridge(answer, title)
    elif "group" in by:
        rest = [key for key in by if key != "group"] or ["unit"]
        total = chargeback(settings.publication_dir, operator(settings), month=month, by=rest)
        show_table(answer, f"{title} (groups overlap: the last line is the total, no sum)", total)
    else:
        show_table(answer, title, summands(answer))


def show_table(answer: Answer, title: str, adding_up: Answer) -> None:
    """Print the columns a person wants to see, and in the last line what other rows add up to."""
    keys = answer.columns[: answer.columns.index("label")] if "label" in answer.columns else ()
    shown = [name for name in answer.columns if name in (*keys, *_SHOWN)]
    if all(record.get("billed_cost_usd") is None for record in answer.records()):
        shown = [name for name in shown if name != "billed_cost_usd"]
    table = Table(title=title, show_footer=True, box=None, pad_edge=False, title_justify="left")
    for name in shown:
        values = [record.get(name) for record in adding_up.records()]
        is_text = name in keys or name in {"day", "label", "overlaps", "cost_status"}
        table.add_column(
            name.replace("_usd", "").replace("_", " "),
            justify="left" if is_text else "right",
            no_wrap=True,
            footer="" if is_text or is_share(name) else _cell(name, _total(name, values)),
        )
    for record in answer.records():
        table.add_row(*(escape(_cell(name, record[name])) for name in shown))
    screen().print(table)


def _total(name: str, values: list[Any]) -> Any:
    known = [value for value in values if value is not None]
    if not known or (name == "cost_high_usd" and len(known) < len(values)):
        return None
    if name == _OLDEST:
        return max(known)
    return sum(known[1:], known[0])


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "unknown" if name.endswith("_usd") else ""
    if is_share(name):
        return f"{value:.0%}"
    if isinstance(value, Decimal):
        return usd(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return _shortened(str(plain(value)))


def _shortened(text: str) -> str:
    return text if len(text) <= _TEXT_WIDTH else text[: _TEXT_WIDTH - 1] + "…"
