"""Progress on standard error: bars where somebody watches, nothing where nobody does."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress
from rich.console import Console

from ingest.progress import Progress


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Yield a function that draws one bar per thing going on."""
    console = Console(stderr=True)
    columns = (
        progress.TextColumn("  {task.description:<36}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=console, disable=not console.is_terminal) as bars:
        tasks = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total or None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield report
