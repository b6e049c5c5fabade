"""`tollbook explain`: everything behind one request's figures."""

import json
from pathlib import Path
from typing import Any

import click

from jobs.cli import data_dir_option
from models.explain import explain as explain_request
from models.explain import is_unknown
from models.settings import read_settings
from models.viewer import operator


@click.command()
@click.argument("correlation_id")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="How to write it.",
)  # fmt: skip
@data_dir_option
def explain(correlation_id: str, form: str, data_dir: Path | None) -> None:
    """Show every source row, price row, directory row and rule behind one request's figures."""
    settings = read_settings(data_dir=data_dir)
    found = explain_request(settings.publication_dir, operator(settings), correlation_id)
    if form == "json":
        click.echo(json.dumps(found, indent=1, ensure_ascii=False))
        return
    for explanation in found:
        for title, content in explanation.items():
            click.echo(title.replace("_", " "))
            _show(content, 2)


def _show(content: Any, indent: int) -> None:
    if isinstance(content, dict):
        width = max(map(len, content), default=0)
        for name, value in content.items():
            click.echo(f"{' ' * indent}{name.replace('_', ' '):<{width}}  {_text(name, value)}")
    elif isinstance(content, list):
        for number, item in enumerate(content, start=1):
            click.echo(f"{' ' * indent}row {number}")
            _show(item, indent + 2)
    else:
        click.echo(f"{' ' * indent}{content}")


def _text(name: str, value: Any) -> Any:
    """Return what a person reads: a missing amount is unknown, other missing things are absent."""
    if is_unknown(name, value):
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in {None, ""} else value
