"""`tollbook doctor`: is it configured, permitted, complete, trustworthy?"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from ingest.load_findings import load_findings
from ingest.reachability import graph_findings, log_findings
from jobs.cli import data_dir_option
from jobs.screen import screen
from models.clock import Clock
from models.coverage_findings import coverage_findings
from models.errors import SeedError, SettingsError
from models.finding import DoctorFinding, fail, ok
from models.seeds import read_seeds
from models.settings import Settings, read_settings

_MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[red]FAIL[/]"}


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="How to write the findings.",
)  # fmt: skip
@data_dir_option
def doctor(form: str, data_dir: Path | None) -> None:
    """Check settings, seeds, sources, permissions, freshness and coverage.

    Exit code 1 when a finding means that figures are missing or wrong.
    """
    settings = read_settings(data_dir=data_dir)
    found = list(examine(settings, settings.clock()))
    if form == "json":
        click.echo(json.dumps([asdict(finding) for finding in found], indent=1, ensure_ascii=False))
    else:
        _show(found)
    if any(finding.severity == "fail" for finding in found):
        sys.exit(1)


def examine(settings: Settings, clock: Clock) -> Iterator[DoctorFinding]:
    """Yield every finding, from the settings outward to the published figures."""
    yield from _settings(settings)
    yield from _seeds(settings)
    if settings.workspace_ids:
        yield from log_findings(settings, clock)
    if settings.tenant_id:
        yield from graph_findings(settings)
    yield from load_findings(settings)
    yield from coverage_findings(settings.publication_dir, clock)


def _settings(settings: Settings) -> Iterator[DoctorFinding]:
    try:
        settings.require("tenant_id", "workspace_ids")
    except SettingsError as error:
        for line in str(error).splitlines()[1:]:
            yield fail("settings", line.strip(), "set it, then run doctor again")
    else:
        yield ok("settings", f"tenant {settings.tenant_id}, data in {settings.data_dir}")


def _seeds(settings: Settings) -> Iterator[DoctorFinding]:
    try:
        tables = read_seeds(settings.seeds_dir)
    except SeedError as error:
        for line in str(error).splitlines():
            yield fail("seeds", line, "correct the file")
        return
    for name, rows in tables.items():
        if name == "deployments.csv" and not rows:
            yield fail("seeds", "deployments.csv is empty", "list your Claude deployments in it")
        else:
            yield ok("seeds", f"{name}: {len(rows)} rows")


def _show(found: list[DoctorFinding]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("", "area", "finding", "what to do"):
        table.add_column(title, overflow="fold")
    for finding in found:
        table.add_row(
            _MARKS[finding.severity],
            escape(finding.area),
            escape(finding.text),
            escape(finding.advice),
        )
    screen().print(table)
