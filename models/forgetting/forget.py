"""Forgets one person: writes everything without them, decides, puts it in place, looks again."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from uuid import uuid4

from models.clock import Clock
from models.errors import ForgetError
from models.forgetting.journal import Drafts, begin, decide, discard, finish
from models.forgetting.needles import Needles
from models.forgetting.person import Person, find_person, units_named_after
from models.forgetting.published_copy import publication_without_person
from models.forgetting.remains import Search, remains
from models.forgetting.tables import look_for
from models.forgetting.text_files import TextChange, TextRules, change, is_writable, text_files
from models.forgetting.warehouse_copy import copy_without_person, is_named
from models.forgetting.words import words_naming
from models.operations import audit_line, operations
from models.publication import Manifest, read_manifest
from models.settings import Settings
from models.warehouse import Connection, in_memory, scalar

_ROOM = 1.1
"""How many times its size the warehouse may need once more."""


class NobodyError(ForgetError):
    """Nothing names the object id."""


@dataclass(frozen=True)
class Forgotten:
    """What was done; `left` are files that tollbook does not write and that name the person.

    `replacement` is the object id that stands in the place of theirs. `texts` are the text files
    that changed, each with the numbers of its lines; `named_units` keep a name of the person.
    """

    person: Person
    replacement: str
    warehouse_rows: int
    published_rows: int
    texts: tuple[tuple[Path, tuple[int, ...]], ...]
    named_units: tuple[str, ...]
    left: tuple[Path, ...]


@dataclass(frozen=True)
class _Forgetting:
    """One attempt: who, by what they are found, and in which files a name is theirs."""

    connection: Connection
    settings: Settings
    person: Person
    wanted: Needles
    has_names: Callable[[Path], bool]


def forget(connection: Connection, settings: Settings, clock: Clock, oid: str) -> Forgotten:
    """Forget a person, on a warehouse open for writing; it is detached afterwards.

    Raises NobodyError when nothing names the object id, and ForgetError when something that does
    cannot be written; then nothing has changed.
    """
    person = find_person(connection, oid)
    wanted = person.needles(str(uuid4()))
    named_units = units_named_after(connection, person)
    attempt = _Forgetting(
        connection, settings, person, wanted, _names_told(person, is_unit=bool(named_units))
    )
    look_for(connection, person, wanted)
    texts = list(_changes(attempt))
    _refuse_unwritable(texts)
    _require_room(settings)
    drafts = begin(settings)
    try:
        warehouse_rows, published_rows = _decide(attempt, clock, drafts, texts)
    except BaseException:
        discard(drafts)
        raise
    finish(connection, settings, clock)
    return Forgotten(
        person,
        wanted.replacement,
        warehouse_rows,
        published_rows,
        tuple((text.path, text.lines) for text in texts),
        tuple(named_units),
        tuple(_left(attempt)),
    )


def left_of(connection: Connection, settings: Settings, oid: str) -> list[Path]:
    """Return the files that still hold an object id; the open warehouse is detached for it."""
    person = find_person(connection, oid)
    wanted = person.needles(str(uuid4()))
    look_for(connection, person, wanted)
    return _left(_Forgetting(connection, settings, person, wanted, lambda _: True))


def _decide(
    attempt: _Forgetting, clock: Clock, drafts: Drafts, texts: list[TextChange]
) -> tuple[int, int]:
    """Write all that is to be, and decide; return the rows of warehouse and publication."""
    connection, settings, person = attempt.connection, attempt.settings, attempt.person
    with operations(settings.operations_file) as database:
        words = words_naming(database, attempt.wanted)
    manifest, published_rows = _published(attempt)
    is_known = person.versions or person.caller_id is not None
    if not (is_known or texts or words or published_rows or is_named(connection)):
        raise NobodyError(
            f"nothing in {settings.data_dir} names {person.oid}: check the object id; if this is"
            " the second time, they are forgotten already"
        )
    named = copy_without_person(connection, drafts.warehouse, clock.now())
    audit = audit_line(clock.now(), action="forget", subject=person.subject)
    decide(drafts, texts, words, manifest, audit)
    return sum(named.values()), published_rows


def _published(attempt: _Forgetting) -> tuple[Manifest | None, int]:
    folder = attempt.settings.publication_dir
    manifest = read_manifest(folder)
    if manifest is None:
        return None, 0
    run_id = int(scalar(attempt.connection, "select nextval('warehouse.run.run_ids')"))
    # A connection of its own: rows keep their order on it.
    connection = in_memory()
    try:
        look_for(connection, attempt.person, attempt.wanted)
        renewed, named = publication_without_person(connection, folder, manifest, run_id)
    finally:
        connection.close()
    return renewed, named.total()


def _changes(attempt: _Forgetting) -> Iterator[TextChange]:
    rules = TextRules(attempt.wanted, attempt.has_names, attempt.person.unread_extensions)
    settings = attempt.settings
    # What a source wrote is its own: it would be read again if it changed.
    left_out = [settings.publication_dir.resolve(), *_local_sources(settings)]
    for folder in _folders(settings):
        for path in text_files(folder, left_out):
            found = change(path, rules)
            if found:
                yield found


def _folders(settings: Settings) -> list[Path]:
    """Return the folders whose text is ours: the data, and the seeds where they lie elsewhere."""
    folders = [settings.data_dir.resolve()]
    seeds = settings.seeds_dir and settings.seeds_dir.resolve()
    if seeds and seeds.is_dir() and not seeds.is_relative_to(folders[0]):
        folders.append(seeds)
    return folders


def _local_sources(settings: Settings) -> list[Path]:
    places = (*settings.log_exports, *settings.cost_exports, *settings.usage_records)
    return [Path(place).resolve() for place in places if "://" not in place]


def _names_told(person: Person, *, is_unit: bool) -> Callable[[Path], bool]:
    """Return of which files a name of the person is surely theirs."""

    def told(path: Path) -> bool:
        return not person.has_namesakes and not (is_unit and path.suffix.lower() == ".csv")

    return told


def _refuse_unwritable(texts: list[TextChange]) -> None:
    fixed = [text for text in texts if not is_writable(text.path)]
    if fixed:
        lines = [f"  {text.path} line {', '.join(map(str, text.lines))}" for text in fixed]
        raise ForgetError(
            "these files name the person and cannot be written, so nothing was changed; make them"
            " writable, or take the person out of them by hand:\n" + "\n".join(lines)
        )


def _require_room(settings: Settings) -> None:
    needed = int(settings.warehouse_file.stat().st_size * _ROOM)
    free = disk_usage(settings.data_dir).free
    if free < needed:
        raise ForgetError(
            f"{settings.data_dir} has {free} bytes free, and the warehouse is written once more in"
            f" up to {needed}: nothing was changed; free some space there and run again"
        )


def _left(attempt: _Forgetting) -> list[Path]:
    # Its file is searched like any other.
    attempt.connection.execute("detach warehouse")
    search = Search(attempt.connection, attempt.wanted, attempt.has_names)
    return [path for folder in _folders(attempt.settings) for path in remains(search, folder)]
