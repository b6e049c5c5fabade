"""The delta endpoints of Graph: rounds of changes, from link to link.

A token lives seven days of sandbox time; an older one is answered with 410 and the address of a
full synchronization (delta-query-overview.md, "Token duration", "Synchronization reset").
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import lru_cache, partial

from starlette.requests import Request

from ingest.sandbox.graph_delta import Round, delta_ids, delta_item
from ingest.sandbox.graph_directory import Directory, ObjectKind
from ingest.sandbox.graph_request import (
    Token,
    link,
    options,
    page_size,
    read_token,
    resync,
    root,
    selected,
)
from ingest.sandbox.graph_schema import SETS, TYPES, known_names
from ingest.sandbox.workspace import JsonObject
from models.clock import Clock, rfc3339

_TOKEN_LIFE = timedelta(days=7)
_ROUNDS_KEPT = 8
_DELTA_OPTIONS = frozenset({"$select", "$top", "$skiptoken", "$deltatoken"})


def delta_rounds(directory: Directory, clock: Clock) -> "DeltaRounds":
    """The delta endpoints over a recorded directory."""
    return DeltaRounds(
        directory, clock, lru_cache(maxsize=_ROUNDS_KEPT)(partial(delta_ids, directory))
    )


@dataclass(frozen=True)
class DeltaRounds:
    """What the delta endpoints answer from; `ids_of` lists a round once for all of its pages."""

    directory: Directory
    clock: Clock
    ids_of: Callable[[Round], list[str]]

    def answer(self, kind: ObjectKind, request: Request) -> JsonObject:
        """One page of a delta round; raises GraphError for a request Graph would refuse."""
        given = options(request, _DELTA_OPTIONS)
        name = f"{SETS[kind]}/delta"
        if "$skiptoken" in given:
            token = read_token(given["$skiptoken"], name)
        else:
            token = self._first_token(kind, name, given, request)
        self._refuse_other_recording(request, token)
        if given.get("$deltatoken") == "latest":
            return self._body(request, token, name, [], None)
        select = None if token.select is None else tuple(token.select)
        asked = Round(kind, select, token.first, token.last)
        ids = self.ids_of(asked)
        end = token.offset + token.page_size
        value = [delta_item(self.directory, asked, one) for one in ids[token.offset : end]]
        following = replace(token, offset=end) if end < len(ids) else None
        return self._body(request, token, name, value, following)

    def _first_token(
        self, kind: ObjectKind, name: str, given: dict[str, str], request: Request
    ) -> Token:
        """The token of a round's first page: from nothing, or from an earlier delta link."""
        size = page_size(request, given)
        text = given.get("$deltatoken", "")
        if text in ("", "latest"):
            names = selected(given, known_names(kind, links=True), TYPES[kind])
            return replace(self._token(name), select=names, page_size=size)
        known = read_token(text, name)
        if self.clock.now() - known.age_started() > _TOKEN_LIFE:
            raise resync(request, known)
        self._refuse_other_recording(request, known)
        return replace(self._token(name), first=known.last, select=known.select, page_size=size)

    def _body(
        self,
        request: Request,
        token: Token,
        name: str,
        value: list[JsonObject],
        following: Token | None,
    ) -> JsonObject:
        body: JsonObject = {"@odata.context": f"{root(request)}/$metadata#{name}"}
        if following is not None:
            body["@odata.nextLink"] = link(request, {"$skiptoken": following.text()})
        else:
            done = replace(token, first=None, offset=0)
            body["@odata.deltaLink"] = link(request, {"$deltatoken": done.text()})
        body["value"] = value
        return body

    def _token(self, name: str) -> Token:
        now = self.clock.now()
        position = self.directory.position_at(now)
        return Token(name, self.directory.generation, rfc3339(now), position)

    def _refuse_other_recording(self, request: Request, token: Token) -> None:
        if token.generation != self.directory.generation:
            raise resync(request, token)
