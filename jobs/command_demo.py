"""`tollbook demo`: from nothing to a month's chargeback on the screen."""

import time
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console

from ingest.sandbox.generator import generate_tenant
from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import read_workspace
from jobs.cli import data_dir_option
from jobs.dashboard_process import dashboard_process
from jobs.demo import clear, live_through, tenant_settings
from jobs.logging_setup import set_up_logging
from jobs.progress import progress_bars
from jobs.summary import print_summary
from models.settings import read_settings


@click.command()
@click.option(
    "--workspace",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Use this recorded workspace instead of a generated tenant.",
)
@click.option("--seed", default=1, show_default=True, help="Seed of the generated tenant.")
@click.option("--users", default=200, show_default=True, help="People in the generated tenant.")
@click.option("--days", default=31, show_default=True, help="Days the generated tenant covers.")
@click.option("--no-serve", is_flag=True, help="End after the summary.")
@data_dir_option
def demo(
    workspace: Path | None, seed: int, users: int, days: int, no_serve: bool, data_dir: Path | None
) -> None:
    """Build a month of a tenant, run the whole pipeline on it, print a summary, open the dashboard.

    A local sandbox answers for Azure; the code that reads from it is the code that reads from
    Azure. The figures stay in the data folder, where the other commands find them.
    """
    set_up_logging(level=30)
    began = time.monotonic()
    folder = clear(read_settings(data_dir=data_dir).data_dir)
    console = Console(stderr=True)
    with ExitStack() as stack:
        with progress_bars() as report:
            if workspace is None:
                generate_tenant(
                    folder.workspace, truth=None, seed=seed, users=users, days=days, progress=report
                )
            recorded = read_workspace(workspace or folder.workspace)
            report("sandbox loads the recording", 0, 0)
            url = stack.enter_context(
                sandbox_process(recorded.folder, log=folder.data_dir / "sandbox.log")
            )
            report("sandbox loads the recording", 1, 1)
            settings = tenant_settings(folder, recorded, url)
            manifest = live_through(settings, recorded, url, report)
        print_summary(settings, manifest)
        console.print(f"Built in {time.monotonic() - began:.0f} s.")
        if not no_serve:
            dashboard = stack.enter_context(
                dashboard_process(settings, port=settings.dashboard_port)
            )
            console.print(f"The dashboard is at {dashboard.url} (Ctrl-C ends it)")
            dashboard.process.wait()
