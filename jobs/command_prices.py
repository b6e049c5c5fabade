"""`tollbook prices`: look after the reviewed price list."""

import sys
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click
from rich.table import Table

from jobs.cli import data_dir_option
from jobs.screen import screen
from models.clock import parse_utc, rfc3339
from models.errors import ReportError
from models.model_names import read_model_names
from models.money import exact
from models.price import Price, as_known, holds
from models.price_book import RATES, price_gaps, read_price_book
from models.price_change import propose_change
from models.price_proposal import left_out
from models.price_sources import Difference, compare_with_genai_prices, compare_with_litellm
from models.seed_cells import point_moved
from models.seed_files import find_seed
from models.settings import read_settings

_RATES_PER_TOKEN = tuple(name.replace("_per_mtok", "_per_token") for name in RATES)


@click.group()
def prices() -> None:
    """Look after the reviewed price list, sql/seeds/prices.csv or its replacement."""


@prices.command()
@click.option("--at", metavar="T", help="Compare the prices in force at this time.  [default: now]")
@click.option(
    "--litellm",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Also compare with this litellm price file (JSON).",
)
@data_dir_option
def check(at: str | None, litellm: Path | None, data_dir: Path | None) -> None:
    """Validate the price list and list every difference to genai-prices (and a litellm file).

    A difference is not an error: the other lists have no dates, zones or memory. The last column
    says what is known about it. Exit code 1 only when something is to be decided: a difference that
    nothing here explains, or days between two prices of a model without one.
    """
    settings = read_settings(data_dir=data_dir)
    moment = _time(at) if at else settings.clock().now()
    book = read_price_book(find_seed("prices.csv", settings.seeds_dir))
    names = read_model_names(find_seed("models.csv", settings.seeds_dir))
    decided = left_out(find_seed("price_overrides.csv", settings.seeds_dir))
    differences = list(compare_with_genai_prices(book, moment, names, decided))
    if litellm:
        differences += compare_with_litellm(book, litellm, moment, names, decided)
    gaps, asked = price_gaps(book), [one for one in differences if one.is_open]
    explained = [one for one in differences if not one.is_open]
    click.echo(f"{len(book)} price rows are valid.")
    for warning in gaps:
        click.echo(f"gap: {warning}")
    for found, meaning in ((asked, "to be decided"), (explained, "explained, nothing to do")):
        click.echo(f"\n{len(found)} {'difference' if len(found) == 1 else 'differences'} {meaning}")
        if found:
            screen().print(_table(found))
    if asked or gaps:
        sys.exit(1)


@prices.command()
@click.argument("model", required=False)
@click.option("--at", metavar="T", help="In force for a request at this time.  [default: now]")
@click.option("--known-at", metavar="T", help="As known at this time.  [default: now]")
@data_dir_option
def show(model: str | None, at: str | None, known_at: str | None, data_dir: Path | None) -> None:
    """Show the list prices in force, of MODEL or of all, as known then or now.

    A price that was announced and withdrawn, or known late, shows by the two times: what was said
    on a day is --known-at that day.
    """
    settings = read_settings(data_dir=data_dir)
    now = settings.clock().now()
    moment, known = _time(at) if at else now, _time(known_at) if known_at else now
    book = read_price_book(find_seed("prices.csv", settings.seeds_dir))
    rows = [
        row
        for row in as_known(book, known)
        if holds(row.valid_from, row.valid_to, moment) and model in {None, row.model}
    ]
    if not rows:
        raise ReportError(
            f"no price of {model or 'any model'} is in force at {rfc3339(moment)} as known at"
            f" {rfc3339(known)}: ask for a later time, or name a model as prices.csv does"
        )
    screen().print(_prices(rows))


@prices.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True,
    help="File for the proposed prices.csv; it must not be the one in use.",
)  # fmt: skip
@data_dir_option
def propose(out: Path, data_dir: Path | None) -> None:
    """Write a new price list with what genai-prices has otherwise, for a reviewer to correct.

    Nothing is applied. What the proposal replaces keeps its row, with the day until which it was
    believed; new prices begin today until somebody puts in the vendor's day. To use it, review it
    and put it into the seeds folder as prices.csv.
    """
    settings = read_settings(data_dir=data_dir)
    file = find_seed("prices.csv", settings.seeds_dir)
    if isinstance(file, Path) and out.resolve() == file.resolve():
        raise ReportError(f"{out} is the price list in use: name another file")
    names = read_model_names(find_seed("models.csv", settings.seeds_dir))
    decided = left_out(find_seed("price_overrides.csv", settings.seeds_dir))
    change = propose_change(file, settings.clock().now().date(), names, decided)
    if not change.added:
        click.echo("nothing to propose: every difference to genai-prices is explained by a date")
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(change.text, encoding="utf-8")
    for mark, rows in (("-", change.ended), ("+", change.added)):
        for row in rows:
            rates = " ".join(row[name] for name in RATES)
            click.echo(f"{mark} {row['price_id']}: {rates} until {row['valid_to'] or 'further'}")
    click.echo(f"{out}: {len(change.added)} rows more, {len(change.ended)} no longer believed")


def _prices(rows: Iterable[Price]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("model", "speed", "band", "input", "output", "read", "write 5m", "write 1h"):
        table.add_column(title, justify="left" if title in {"model", "speed", "band"} else "right")
    for title in ("from", "to", "known from", "source, link, reviewer"):
        table.add_column(title, overflow="fold")
    for row in rows:
        over, up_to = row.prompt_over_tokens, row.prompt_up_to_tokens
        table.add_row(
            row.model,
            row.speed,
            f"over {over}" if over else f"up to {up_to}" if up_to else "",
            *(exact(point_moved(getattr(row, name), -6)) for name in _RATES_PER_TOKEN),
            f"{row.valid_from:%Y-%m-%d}",
            f"{row.valid_to:%Y-%m-%d}" if row.valid_to else "",
            f"{row.recorded_from:%Y-%m-%d}",
            "\n".join(text for text in (row.source, row.link, row.reviewer) if text),
        )
    return table


def _table(differences: Iterable[Difference]) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("source", "model", "speed", "band", "rate", "ours", "theirs", "what is known"):
        table.add_column(title, overflow="fold")
    for item in differences:
        table.add_row(
            item.source,
            item.model,
            item.speed,
            f"over {item.prompt_over_tokens}" if item.prompt_over_tokens else "",
            item.rate,
            item.ours_usd_per_mtok or "-",
            item.theirs_usd_per_mtok or "-",
            item.verdict,
        )
    return table


def _time(text: str) -> datetime:
    try:
        return parse_utc(text)
    except ValueError:
        raise click.UsageError(f"{text!r} is not a time: write 2026-10-01T00:00:00Z") from None
