"""`tollbook doctor`: is it configured, permitted, complete, trustworthy?"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from ingest.entra_findings import entra_findings
from ingest.load_findings import load_findings
from ingest.reachability import source_findings
from ingest.silent_sandbox import silent_sandbox
from jobs.cli import data_dir_option
from jobs.screen import screen
from models.clock import Clock, rfc3339
from models.errors import SeedError, SettingsError
from models.finding import DoctorFinding, fail, ok, warn
from models.invoice_findings import invoice_findings
from models.published_findings import published_findings
from models.seed_files import deployment_doubts, read_seeds
from models.settings import Settings, read_settings

_MARKS = {"ok": "[green]ok[/]", "warn": "[yellow]warn[/]", "fail": "[red]FAIL[/]"}


_RANK = {"fail": 0, "warn": 1, "ok": 2}
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "start", type=_DAY, help="First usage day to look at (default: 31 days).")
@click.option("--to", "end", type=_DAY, help="Last usage day to look at (default: today).")
@click.option(
    "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True,
    help="How to write the findings.",
)  # fmt: skip
@data_dir_option
def doctor(start: datetime | None, end: datetime | None, form: str, data_dir: Path | None) -> None:
    """Check settings, permissions, Entra, the two proofs, coverage and clients.

    docs/gateway/checks.md says how each finding is decided. Exit code 1 when a proof is refuted, or
    a finding means that figures are missing or wrong.
    """
    if start and end and start > end:
        raise click.UsageError("--from must not be after --to")
    settings = read_settings(data_dir=data_dir)
    days = (start and start.date(), end and end.date())
    found = sorted(
        examine(settings, settings.clock(), *days), key=lambda finding: _RANK[finding.severity]
    )
    if form == "json":
        click.echo(json.dumps([_record(finding) for finding in found], indent=1))
    else:
        _show(found)
    if any(finding.severity == "fail" for finding in found):
        sys.exit(1)


def examine(
    settings: Settings, clock: Clock, first_day: date | None = None, last_day: date | None = None
) -> Iterator[DoctorFinding]:
    """Yield every finding, from the settings outward to the figures of the days asked for."""
    yield from _settings(settings)
    yield from _seeds(settings)
    if silence := silent_sandbox(settings):
        yield silence
    else:
        yield from source_findings(settings, clock)
        if settings.tenant_id:
            yield from entra_findings(settings)
    yield from load_findings(settings)
    yield from published_findings(settings.publication_dir, clock, first_day, last_day)
    yield from invoice_findings(settings.publication_dir, clock, first_day, last_day)


def _settings(settings: Settings) -> Iterator[DoctorFinding]:
    try:
        settings.require("tenant_id", *(() if settings.log_exports else ("workspace_ids",)))
    except SettingsError as error:
        for line in str(error).splitlines()[1:]:
            yield fail("settings", "settings", line.strip(), "set it, then run doctor again")
    else:
        yield ok(
            "settings", "settings", f"tenant {settings.tenant_id}, data in {settings.data_dir}"
        )


def _seeds(settings: Settings) -> Iterator[DoctorFinding]:
    try:
        tables = read_seeds(settings.seeds_dir)
    except SeedError as error:
        for line in str(error).splitlines():
            yield fail("seeds", "seeds", line, "correct the file")
        return
    for name, rows in tables.items():
        if name == "deployments.csv" and not rows:
            yield fail(
                "seeds", "seeds", "deployments.csv is empty", "list your Claude deployments in it"
            )
        else:
            yield ok("seeds", "seeds", f"{name}: {len(rows)} rows")
    for doubt in deployment_doubts(settings.seeds_dir):
        text, _, advice = doubt.rpartition(": ")
        yield warn("seeds", "deployment_unpriced", text, advice)


def _record(finding: DoctorFinding) -> dict[str, Any]:
    """Return a finding as JSON has it: times as RFC 3339."""
    record = asdict(finding)
    for name in ("since", "last"):
        record[name] = record[name] and rfc3339(record[name])
    return record


def _show(found: Sequence[DoctorFinding]) -> None:
    table = Table(box=None, pad_edge=False)
    for title in ("", "check", "finding", "what to do"):
        table.add_column(title, overflow="fold")
    for finding in found:
        table.add_row(
            _MARKS[finding.severity], finding.check, _told(finding), escape(finding.advice)
        )
    console = screen()
    console.print(table)
    counts = Counter(finding.severity for finding in found)
    console.print(f"\n{counts['fail']} failed, {counts['warn']} to look at, {counts['ok']} ok")


def _told(finding: DoctorFinding) -> str:
    lines = [escape(finding.text)]
    if finding.since:
        until = f" to {_minute(finding.last)}" if finding.last else ""
        lines.append(f"[dim]since {_minute(finding.since)}{until}[/]")
    if finding.examples:
        lines.append(f"[dim]{escape(', '.join(finding.examples))}[/]")
    return "\n".join(lines)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
