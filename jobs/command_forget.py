"""`tollbook forget`: one person out of everything that is kept, and every figure as it was."""

from collections.abc import Iterator
from pathlib import Path

import click

from jobs.cli import data_dir_option
from jobs.logging_setup import set_up_logging
from jobs.pipeline import open_run
from models.errors import ForgetError
from models.forgetting.forget import Forgotten, NobodyError, left_of
from models.forgetting.forget import forget as forget_person
from models.forgetting.journal import is_decided
from models.settings import Settings, read_settings


@click.command()
@click.argument("oid")
@data_dir_option
def forget(oid: str, data_dir: Path | None) -> None:
    """Forget the person with this object id; every total stays as it is.

    A new random id takes the place of the object id, and nothing says which. Names, addresses and
    the like are deleted. The warehouse is written anew, older publications are deleted, and what
    is left in files that are not tollbook's is named.

    Delete the person in Entra first, or the next run learns them again, as somebody new.
    """
    settings = read_settings(data_dir=data_dir)
    clock = settings.clock()
    if not settings.warehouse_file.is_file():
        raise ForgetError(
            f"there is no warehouse in {settings.data_dir}: name the --data-dir that has one"
        )
    set_up_logging()
    was_decided = is_decided(settings)
    with open_run(settings, clock) as connection:
        try:
            done = forget_person(connection, settings, clock, oid)
            sentences, left = list(_sentences(done, settings)), list(done.left)
        except NobodyError:
            if not was_decided:
                raise
            sentences = ["Finished what was interrupted: nothing names the person any more."]
            left = left_of(connection, settings, oid)
    for sentence in sentences:
        click.echo(sentence)
    _refuse_remains(left)


def _refuse_remains(left: list[Path]) -> None:
    if left:
        raise ForgetError(
            "these files still name the person and are not tollbook's to change; delete them or"
            " take the person out of them:\n" + "\n".join(f"  {path}" for path in left)
        )


def _sentences(done: Forgotten, settings: Settings) -> Iterator[str]:
    yield (
        f"Forgotten: {done.person.subject}. {done.warehouse_rows} rows of the warehouse and"
        f" {done.published_rows} published rows named them; {done.replacement} stands there now."
    )
    for path, lines in done.texts:
        count = "1 line" if len(lines) == 1 else f"{len(lines)} lines"
        where = f" ({', '.join(map(str, lines[:10]))}{', ...' if len(lines) > 10 else ''})"
        yield f"Changed: {path}, {count}{where}. {_advice(path, settings)}".rstrip()
    for unit in done.named_units:
        yield f"Kept: the unit {unit!r} holds a name of the person; rename it in the seeds."
    for attribute, value in done.person.values_of_one:
        yield (
            f"Kept: {attribute} {value!r}, which nobody else ever had; it decides the person's"
            " unit."
        )
    if done.person.has_namesakes:
        yield "Kept: the person's name in text files, because somebody else has the same name."
    if done.person.silent_names():
        yield (
            "Not looked for in free text: a name of one plain word, which may mean something else."
        )
    if done.person.is_in_directory:
        yield (
            "Entra still has the person, as far as the last directory sync knows: the next one"
            " learns them again, as somebody new. Delete them in Entra first, and forget again."
        )


def _advice(path: Path, settings: Settings) -> str:
    seeds = settings.seeds_dir
    is_seed = seeds is not None and path.is_relative_to(seeds.resolve())
    return "Review and commit it: older versions in its history still name them." if is_seed else ""
