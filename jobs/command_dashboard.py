"""`tollbook dashboard`: the published figures in a browser, on this machine only."""

import signal
from pathlib import Path
from types import FrameType

import click

from jobs.cli import data_dir_option
from jobs.dashboard_process import dashboard_process
from models.errors import TollbookError
from models.settings import read_settings


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535),
    help="Port on 127.0.0.1, 0 for any free one.  [default: TOLLBOOK_DASHBOARD_PORT or 8501]",
)  # fmt: skip
@data_dir_option
def dashboard(port: int | None, data_dir: Path | None) -> None:
    """Open the dashboard on 127.0.0.1 until Ctrl-C or SIGTERM.

    It shows what is published and never touches the warehouse, so runs go on beside it.
    """
    settings = read_settings(data_dir=data_dir, dashboard_port=port)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with dashboard_process(settings, port=settings.dashboard_port) as running:
            click.echo(f"tollbook is at {running.url}")
            code = running.process.wait()
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        return
    raise TollbookError(
        f"the dashboard ended by itself (exit code {code}): see its message above, then run"
        " `tollbook dashboard` again"
    )


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
