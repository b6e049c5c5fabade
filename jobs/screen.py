"""Where tables for people go: as wide as the terminal, and wide enough where there is none."""

import shutil
import sys

from rich.console import Console

_PIPED_WIDTH = 180


def screen(*, stderr: bool = False) -> Console:
    """Return a console on standard output (or error)."""
    stream = sys.stderr if stderr else sys.stdout
    width = shutil.get_terminal_size().columns if stream.isatty() else _PIPED_WIDTH
    return Console(stderr=stderr, width=width)
