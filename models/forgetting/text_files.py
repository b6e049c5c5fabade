"""Plain text without a person: seeds, recordings, settings, whatever lies in the data folder."""

import gzip
import json
import os
import zlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from models.forgetting.needles import Needles

_TEXTS = (".csv", ".json", ".jsonl", ".ndjson", ".log", ".md", ".toml", ".tsv", ".txt", ".yaml")
_PACKED = ".gz"

# Of an object of the directory, what says what it is and not who.
_KEPT_PROPERTIES = frozenset(
    {
        *("id", "kind", "@odata.type", "@removed", "userType", "accountEnabled"),
        *("servicePrincipalType", "deletedDateTime", "companyName", "department"),
        *("employeeOrgData", "onPremisesExtensionAttributes"),
    }
)


@dataclass(frozen=True)
class TextChange:
    """A file as it is to be, and the numbers of the lines that change."""

    path: Path
    content: bytes
    lines: tuple[int, ...]


@dataclass(frozen=True)
class TextRules:
    """What goes out of texts: the person, and attributes of theirs that no rule reads.

    `has_names` says of which files names go as well: elsewhere they may be others', or units'.
    """

    wanted: Needles
    has_names: Callable[[Path], bool]
    unread_extensions: Collection[str]

    def replaced(self, line: str, *, with_names: bool) -> str:
        """Return a line without the person; an object about them keeps what is no one's."""
        said = self.wanted.replaced(line, with_names=with_names)
        if said == line or self.wanted.oid not in line.lower():
            return said
        try:
            told = json.loads(line)
        except ValueError:
            return said
        bare = self._bare(told)
        if bare == told:
            return said
        text = json.dumps(bare, ensure_ascii=False)
        ending = line[len(line.rstrip("\r\n")) :]
        return self.wanted.replaced(text, with_names=True) + ending

    def _bare(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._bare(item) for item in value]
        if not isinstance(value, dict):
            return value
        if str(value.get("principalId")).lower() == self.wanted.oid:
            value = {name: item for name, item in value.items() if name != "principalDisplayName"}
        if str(value.get("id")).lower() != self.wanted.oid:
            return {name: self._bare(item) for name, item in value.items()}
        kept = {name: item for name, item in value.items() if name in _KEPT_PROPERTIES}
        extensions = kept.get("onPremisesExtensionAttributes")
        if isinstance(extensions, dict):
            kept["onPremisesExtensionAttributes"] = {
                name: item
                for name, item in extensions.items()
                if name not in self.unread_extensions
            }
        return kept


def is_text(path: Path) -> bool:
    """Tell whether a file is one whose lines are ours to change."""
    return path.name.lower().removesuffix(_PACKED).endswith(_TEXTS)


def text_files(folder: Path, left_out: Collection[Path] = ()) -> Iterator[Path]:
    """Yield the text files below a folder, in order, but none below the folders left out."""
    for path in sorted(folder.rglob("*")):
        whole = path.resolve()
        if path.is_file() and is_text(path) and not any(map(whole.is_relative_to, left_out)):
            yield path


def change(path: Path, rules: TextRules) -> TextChange | None:
    """Return what a file is to become, None when it does not name the person."""
    raw = path.read_bytes()
    is_packed = path.name.lower().endswith(_PACKED)
    try:
        content = gzip.decompress(raw) if is_packed else raw
    except (OSError, EOFError, zlib.error):
        # Half a file is looked at byte by byte with the others that are not ours to change.
        return None
    text = content.decode("utf-8", errors="surrogateescape")
    with_names = rules.has_names(path)
    # Once over all of it: nearly every file names nobody.
    if rules.wanted.replaced(text, with_names=with_names) == text:
        return None
    lines = list(StringIO(text, newline="\n"))
    said = [rules.replaced(line, with_names=with_names) for line in lines]
    changed = [n for n, (old, new) in enumerate(zip(lines, said, strict=True), 1) if old != new]
    new = "".join(said).encode("utf-8", errors="surrogateescape")
    return TextChange(path, gzip.compress(new, mtime=0) if is_packed else new, tuple(changed))


def is_writable(path: Path) -> bool:
    """Tell whether a file can be put in the place of this one."""
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
