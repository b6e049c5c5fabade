"""`tollbook prices`: look after the reviewed price list."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import click
from rich.table import Table

from jobs.cli import data_dir_option
from jobs.screen import screen
from models.clock import parse_utc
from models.model_names import read_model_names
from models.price_book import price_gaps, read_price_book
from models.price_sources import Difference, compare_with_genai_prices, compare_with_litellm
from models.seed_files import find_seed
from models.settings import read_settings


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
    says what is known about it.
    """
    settings = read_settings(data_dir=data_dir)
    moment = _time(at) if at else settings.clock().now()
    book = read_price_book(find_seed("prices.csv", settings.seeds_dir))
    names = read_model_names(find_seed("models.csv", settings.seeds_dir))
    differences = list(compare_with_genai_prices(book, moment, names))
    if litellm:
        differences += compare_with_litellm(book, litellm, moment, names)
    click.echo(f"{len(book)} price rows are valid; {len(differences)} differences:")
    for warning in price_gaps(book):
        click.echo(f"gap: {warning}")
    screen().print(_table(differences))


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
