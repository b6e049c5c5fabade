"""The faults a sandbox shows: read from TOML or JSON, matched with requests, counted.

Deterministic: what is hit depends on the faults, the order of requests and the sandbox clock only.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass
from pydantic_core import ErrorDetails

from ingest.sandbox.fault_kinds import Fault
from ingest.sandbox.fault_request import FaultRequest
from ingest.sandbox.workspace import JsonObject
from models.errors import SourceError

_PLAINER = {
    "missing": "is missing: add it",
    "unexpected_keyword_argument": "is no key of this fault: take it out or correct its spelling",
    "union_tag_not_found": "kind is missing: say what the fault does, for example kind = 'drop'",
}


class FaultsError(SourceError):
    """Faults cannot be used; the message lists everything to correct."""


@checked_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class _Content:
    """What a file of faults, or a call, holds."""

    faults: tuple[Fault, ...]


def read_faults(file: Path) -> tuple[Fault, ...]:
    """Read the `[[faults]]` of a TOML file.

    Raises FaultsError, with every problem of the file in one message.
    """
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FaultsError(f"{file} does not exist: name a TOML file of faults") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FaultsError(f"{file} cannot be read as TOML ({error}): correct it") from error
    return parse_faults(content, str(file))


def parse_faults(content: object, source: str) -> tuple[Fault, ...]:
    """The faults in `{"faults": [...]}`; `source` names them in messages.

    Raises FaultsError, with every problem in one message.
    """
    if not isinstance(content, dict):
        raise FaultsError(f'{source}: send an object like {{"faults": [...]}}')
    try:
        return TypeAdapter(_Content).validate_python(content).faults
    except ValidationError as error:
        wrong = [_in_words(detail) for detail in error.errors()]
        raise FaultsError("\n  ".join([f"{source}: correct these:", *wrong])) from error


def _in_words(detail: ErrorDetails) -> str:
    """One line of an error message; faults count from 1, as a reader of the file counts them."""
    first, *rest = detail["loc"] or ("faults",)
    where = str(first)
    if rest:
        # Behind the index comes the kind that chose the class, then the key.
        where = ", ".join(["fault " + str(int(rest[0]) + 1), *(str(key) for key in rest[2:])])
    message = _PLAINER.get(detail["type"], detail["msg"].removeprefix("Value error, "))
    return f"{where}: {message}"


@dataclass
class _Counted:
    """One fault and how often it matched a request and hit one."""

    fault: Fault
    matched: int = 0
    hit: int = 0

    def is_due(self) -> bool:
        """Whether the request matched last is one to hit."""
        after_skipped = self.matched - self.fault.skip
        left = self.fault.times == 0 or self.hit < self.fault.times
        return left and after_skipped > 0 and after_skipped % self.fault.every == 0


class Faults:
    """The faults of a running sandbox with their counters; used from one event loop only."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self.replace(faults)

    def __bool__(self) -> bool:
        return bool(self._counted)

    def replace(self, faults: Sequence[Fault]) -> None:
        """Show these faults from now on; all counters start at zero."""
        self._counted = [_Counted(fault) for fault in faults]

    def due(self, asked: FaultRequest, now: datetime) -> Fault | None:
        """The fault that befalls `asked` at sandbox time `now`: the first due, in file order.

        Every fault that matches counts the request, whether or not another one acts on it.
        """
        matching = [one for one in self._counted if one.fault.matches(asked, now)]
        for one in matching:
            one.matched += 1
        acting = next((one for one in matching if one.is_due()), None)
        if acting is None:
            return None
        acting.hit += 1
        return acting.fault

    def counts(self) -> list[JsonObject]:
        """Per fault, in order: its `kind`, requests `matched` and `hit`."""
        return [
            {"kind": one.fault.kind, "matched": one.matched, "hit": one.hit}
            for one in self._counted
        ]
