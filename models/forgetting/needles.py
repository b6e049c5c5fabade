"""What to look for when somebody is forgotten, in every spelling, and what takes its place.

One pattern serves Python and DuckDB alike, which know neither look-behind nor the same classes.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import quote

FORGOTTEN = "forgotten"
"""Stands where a name or an address stood."""

_NOTHING = r"\b\B"
# In JSON and in URLs the character before a word may be the end of an escape.
_ESCAPE = r"%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\[bfnrt]"
_BEFORE_ADDRESS = rf"^|[^a-z0-9._%+-]|{_ESCAPE}"
_AFTER_ADDRESS = r"$|[^a-z0-9._-]|[._-]+(?:[^a-z0-9._-]|$)"
# Letters of the scripts that are written with spaces, and digits.
_LETTER = "0-9A-Za-zªµºÀ-ÖØ-öø-ԯ"
_BEFORE_NAME = rf"^|[^{_LETTER}]|{_ESCAPE}"
_AFTER_NAME = rf"$|[^{_LETTER}]"
_SPACE = "(?:\\s|%20|\\+|%c2%a0|\\\\u00a0|\\\\u3000|\u00a0|\u3000)+"
# Neither URLs nor JSON write these otherwise.
_PLAIN = re.compile("[a-z0-9]+")
_SHORTEST_ID = 6
_SHORTEST_NAME = 4


@dataclass(frozen=True)
class Rule:
    """A pattern and what takes the place of what it finds; case makes no difference."""

    pattern: str
    replacement: str

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(f"(?i){self.pattern}")

    def replaced(self, text: str) -> str:
        """Return the text with every occurrence replaced."""
        # Twice: what stands between two occurrences belongs to the first.
        return self._compiled.sub(self.replacement, self._compiled.sub(self.replacement, text))


@dataclass(frozen=True)
class Needles:
    """What names one person: `identity` wherever it stands, `names` only in free text.

    `stems` are the plain parts of each thing that is looked for, in lower case: no spelling of it
    is without all of them.
    """

    oid: str
    replacement: str
    identity: tuple[Rule, ...]
    names: Rule
    stems: tuple[frozenset[str], ...]

    def rules(self, *, with_names: bool) -> tuple[Rule, ...]:
        """Return the rules in their order."""
        return (*self.identity, self.names) if with_names else self.identity

    def pattern(self, *, with_names: bool) -> str:
        """Return one pattern that finds whatever one of the rules finds."""
        return "(?i)" + "|".join(rule.pattern for rule in self.rules(with_names=with_names))

    def may_name(self, text: str) -> bool:
        """Return false where a text surely does not name the person; a search takes far longer."""
        lowered = text.lower()
        return any(all(stem in lowered for stem in stems) for stems in self.stems)

    def replaced(self, text: str, *, with_names: bool) -> str:
        """Return the text without anything that names the person."""
        if not self.may_name(text):
            return text
        for rule in self.rules(with_names=with_names):
            text = rule.replaced(text)
        return text


def needles(
    oid: str,
    replacement: str,
    *,
    addresses: Iterable[str] = (),
    employee_ids: Iterable[str] = (),
    names: Iterable[str] = (),
) -> Needles:
    """Return what to look for. Object ids are GUIDs in lower case.

    Employee ids are looked for where they are telling: long enough, and not a mere number.
    """
    words = [*_with_external(addresses), *filter(_is_telling_id, employee_ids)]
    found = _alternatives(words)
    telling = list(filter(is_telling_name, names))
    told = _alternatives(telling)
    return Needles(
        oid,
        replacement,
        (
            *_oid_rules(oid, replacement),
            Rule(f"({_BEFORE_ADDRESS})(?:{found})({_AFTER_ADDRESS})", rf"\1{FORGOTTEN}\2"),
        ),
        Rule(f"({_BEFORE_NAME})(?:{told})({_AFTER_NAME})", rf"\1{FORGOTTEN}\2"),
        tuple(map(_stems, (oid, *words, *telling))),
    )


def is_telling_name(name: str) -> bool:
    """Tell whether a name can be looked for in free text.

    A single word of plain letters, such as Claude, also stands in user agents and model names.
    """
    is_plain_word = name.isascii() and len(name.split()) < 2
    return len(name.encode()) >= _SHORTEST_NAME and not is_plain_word


def _is_telling_id(employee_id: str) -> bool:
    return len(employee_id) >= _SHORTEST_ID and not employee_id.isdigit()


def _stems(text: str) -> frozenset[str]:
    # Composed: an accent of its own leaves its letter behind as a plain one.
    return frozenset(_PLAIN.findall(unicodedata.normalize("NFC", text).lower()))


def _oid_rules(oid: str, replacement: str) -> Sequence[Rule]:
    return [
        Rule(hyphen.join(oid.split("-")), hyphen.join(replacement.split("-")))
        for hyphen in ("-", "", "%2d")
    ]


def _with_external(addresses: Iterable[str]) -> Iterable[str]:
    """Return the addresses, and those of guests that are wrapped into a name of the tenant's."""
    for address in addresses:
        yield address
        local, mark, _ = address.partition("#EXT#")
        name, underscore, domain = local.rpartition("_")
        if mark and underscore:
            yield local
            yield f"{name}@{domain}"


def _alternatives(texts: Iterable[str]) -> str:
    """Return a pattern for any of the texts; the longest first, or one would hide in another."""
    spelled = {
        _spelled(form)
        for text in texts
        if text
        for form in {unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)}
    }
    return "|".join(sorted(spelled, key=lambda text: (-len(text), text))) or _NOTHING


def _spelled(text: str) -> str:
    return "".join(_any_spelling(character) for character in text)


def _any_spelling(character: str) -> str:
    """Return a pattern for one character: as it is, or as URLs and JSON may write it."""
    if character.isascii() and character.isalnum():
        return character
    if character.isspace():
        return _SPACE
    forms = [json.dumps(character)[1:-1]]
    # Capital letters have bytes and numbers of their own.
    for letter in (character, character.lower(), character.upper()):
        forms += [letter, quote(letter, safe=""), "".join(map("\\u{:04x}".format, _utf16(letter)))]
    return "(?:" + "|".join(dict.fromkeys(map(re.escape, forms))) + ")"


def _utf16(character: str) -> list[int]:
    raw = character.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(raw[at : at + 2], "big") for at in range(0, len(raw), 2)]
