"""What is still to be put in place, once all of it is written: a kill in between loses nothing.

Until the journal is there, nothing has changed. Once it is there, whoever next writes to this data
folder does the rest of it. It holds no object id and no name: only what is to be.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from models.clock import Clock
from models.durable import sync_file, sync_folder, write_whole
from models.forgetting.text_files import TextChange
from models.forgetting.words import Word, put_words
from models.operations import AuditLine, compact, operations, record_audit
from models.publication import Manifest, manifest_of, manifest_text, publish
from models.settings import Settings
from models.warehouse import Connection, swap

_FOLDER = "forgetting"
_JOURNAL = "journal.json"
_WAREHOUSE = "warehouse.duckdb"


@dataclass(frozen=True)
class Drafts:
    """The folder in which everything is written before any of it takes effect."""

    folder: Path

    @property
    def warehouse(self) -> Path:
        """The warehouse as it is to be."""
        return self.folder / _WAREHOUSE

    @property
    def journal(self) -> Path:
        """Its presence is the decision."""
        return self.folder / _JOURNAL


def drafts_of(settings: Settings) -> Drafts:
    """Return the place of drafts of a data folder."""
    return Drafts(settings.data_dir / _FOLDER)


def begin(settings: Settings) -> Drafts:
    """Make an empty place for drafts; what a killed attempt left there goes."""
    drafts = drafts_of(settings)
    discard(drafts)
    drafts.folder.mkdir(parents=True)
    return drafts


def discard(drafts: Drafts) -> None:
    """Delete drafts that were not decided on."""
    shutil.rmtree(drafts.folder, ignore_errors=True)


def decide(
    drafts: Drafts,
    texts: Sequence[TextChange],
    words: Sequence[Word],
    manifest: Manifest | None,
    audit: AuditLine,
) -> None:
    """Write what is not written yet, then the journal: from here on it is done, sooner or later."""
    named = []
    for number, text in enumerate(texts):
        draft = drafts.folder / f"text-{number}"
        draft.write_bytes(text.content)
        sync_file(draft)
        named.append([draft.name, str(text.path.resolve())])
    journal = {
        "manifest": manifest and manifest_text(manifest),
        "texts": named,
        "words": [asdict(word) for word in words],
        "audit": asdict(audit),
    }
    sync_folder(drafts.folder)
    write_whole(drafts.journal, json.dumps(journal, indent=1).encode())


def finish(connection: Connection, settings: Settings, clock: Clock) -> bool:
    """Put in place what was decided; tell whether there was anything.

    May run any number of times. The warehouse is attached before and after.
    """
    drafts = drafts_of(settings)
    if not drafts.journal.is_file():
        return False
    journal = json.loads(drafts.journal.read_text(encoding="utf-8"))
    with operations(settings.operations_file) as database:
        put_words(database, [Word(**word) for word in journal["words"]])
        record_audit(database, AuditLine(**journal["audit"]))
    if journal["words"]:
        compact(settings.operations_file)
    for name, target in journal["texts"]:
        write_whole(Path(target), (drafts.folder / name).read_bytes())
    if drafts.warehouse.is_file():
        swap(connection, settings.warehouse_file, drafts.warehouse, clock)
    if journal["manifest"]:
        publish(settings.publication_dir, manifest_of(journal["manifest"]), kept=1)
    drafts.journal.unlink()
    sync_folder(drafts.folder)
    discard(drafts)
    return True


def is_decided(settings: Settings) -> bool:
    """Tell whether a forgetting was decided on and not finished."""
    return drafts_of(settings).journal.is_file()
