"""The command line. Commands import what they need when they run, so that --help is quick."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from models.errors import TollbookError

# command: the module below jobs/ that defines it, and the object in it
_COMMANDS = {
    "demo": ("command_demo", "demo"),
    "sandbox": ("command_sandbox", "sandbox"),
    "run": ("command_run", "run"),
    "dashboard": ("command_dashboard", "dashboard"),
    "doctor": ("command_doctor", "doctor"),
    "report": ("command_report", "report"),
    "what-if": ("command_what_if", "what_if"),
    "explain": ("command_explain", "explain"),
    "prices": ("command_prices", "prices"),
    "forget": ("command_forget", "forget"),
    "ownership": ("command_ownership", "ownership"),
}


class _LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"jobs.{module}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))


_SUMMARIES = {
    "demo": "Build a month of a generated or recorded tenant and look at it.",
    "sandbox": "Generate, import and serve recorded workspaces.",
    "run": "Run jobs once, in the order of their dependence.",
    "dashboard": "Open the dashboard on this machine.",
    "doctor": "Is it configured, permitted, complete, trustworthy?",
    "report": "Print a report of a month.",
    "what-if": "Replay a month on another model, or with another cache time.",
    "explain": "Show everything behind one request's figures.",
    "prices": "Look after the reviewed price list.",
    "forget": "Forget one person; every total stays.",
    "ownership": "Look after the rules that give requests to units.",
}


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tollbook")
def cli() -> None:
    """Turn one Claude invoice line back into people and cost centers."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exit 0 only when the command did what it says."""
    try:
        cli.main(args=arguments, standalone_mode=False)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Stopped.", err=True)
        sys.exit(130)
    except BrokenPipeError:
        sys.exit(141)
    except TollbookError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


def data_dir_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option every command that touches files has."""
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of warehouse and publication.  [default: TOLLBOOK_DATA_DIR or .tollbook]",
    )(command)
