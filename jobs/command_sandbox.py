"""`tollbook sandbox`: make, import and serve recorded workspaces."""

from datetime import date, datetime
from pathlib import Path

import click

from ingest.sandbox.generator import generate_tenant
from ingest.sandbox.import_trace import import_trace
from ingest.sandbox.server import serve
from jobs.progress import progress_bars

_DAY = click.DateTime(["%Y-%m-%d"])
_OUT = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_IN = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def sandbox() -> None:
    """Generate, import and serve recorded workspaces, which a local server answers from."""


@sandbox.command("serve")
@click.option("--workspace", required=True, type=_IN, help="The recorded workspace.")
@click.option("--port", default=0, show_default="any free port", help="Port on 127.0.0.1.")
@click.option("--faults", type=_FILE, help="A TOML file of faults to show, see docs/sandbox.md.")
def serve_workspace(workspace: Path, port: int, faults: Path | None) -> None:
    """Serve a recorded workspace over Azure's protocols, on this machine only."""
    click.echo(f"Loading {workspace} ...", err=True)
    serve(
        workspace,
        port=port,
        announce=lambda url: click.echo(f"Sandbox at {url}"),
        faults=faults,
    )


@sandbox.command()
@click.option("--out", required=True, type=_OUT, help="Folder to write.")
@click.option("--truth", type=_OUT, help="Folder for the true figures; never below --out.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same tenant.")
@click.option("--users", default=200, show_default=True, help="People in the company.")
@click.option("--days", default=31, show_default=True, help="Days from 2026-10-01.")
def generate(out: Path, truth: Path | None, seed: int, users: int, days: int) -> None:
    """Write a generated tenant as a recorded workspace."""
    with progress_bars() as report:
        summary = generate_tenant(
            out, truth=truth, seed=seed, users=users, days=days, progress=report
        )
    click.echo(
        f"{summary.model_requests:,} model requests of {summary.users} people in {out}:"
        f" {summary.gateway_rows:,} gateway rows, {summary.llm_rows:,} LLM rows"
    )


@sandbox.command("import-trace")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--out", required=True, type=_OUT, help="Folder to write.")
@click.option(
    "--day", type=_DAY, default="2026-10-07", show_default=True, help="UTC day to move to."
)
@click.option("--seed", default=1, show_default=True, help="Seed of the simulated callers.")
def import_trace_files(files: tuple[Path, ...], out: Path, day: datetime, seed: int) -> None:
    """Turn published Azure LLM inference traces (CSV) into a recorded workspace."""
    chosen: date = day.date()
    summary = import_trace(files, out, day=chosen, seed=seed)
    click.echo(
        f"{sum(summary.rows.values()):,} requests imported into {out}; callers are simulated"
    )
