"""The `$filter` of the Retail Prices API: comparisons of item fields, joined by and and or.

`serviceName eq 'API Management' and (contains(meterName, 'v2') or startswith(skuName, 'Basic'))`.
Names and values are case-sensitive, as the API has them since 2023-01-01-preview; `priceType` is
the field that items call `type`.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

from ingest.sandbox.azure_request import bad_request
from ingest.sandbox.workspace import JsonObject

PriceFilter: TypeAlias = Callable[[JsonObject], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[A-Za-z]\w*))", re.ASCII
)
_DEEPEST = 20
_FIELDS = {"priceType": "type"}
_FUNCTIONS: dict[str, Callable[[str, str], bool]] = {
    "contains": str.__contains__,
    "startswith": str.startswith,
}


def read_price_filter(text: str, fields: frozenset[str]) -> PriceFilter:
    """Read a filter over `fields`; an empty one takes every item. Raises RefusedError (400)."""
    if not text.strip():
        return lambda _: True
    reader = _Reader(_tokens(text), fields)
    found = reader.either(0)
    if reader.rest:
        raise _invalid()
    return found


class _Reader:
    """Takes expressions off a list of tokens."""

    def __init__(self, tokens: list[str], fields: frozenset[str]) -> None:
        self.rest = tokens[::-1]
        self._fields = fields

    def either(self, depth: int) -> PriceFilter:
        """Terms joined by or, which binds less than and."""
        terms = [self._both(depth)]
        while self._skip("or"):
            terms.append(self._both(depth))
        return lambda item: any(term(item) for term in terms)

    def _both(self, depth: int) -> PriceFilter:
        terms = [self._term(depth)]
        while self._skip("and"):
            terms.append(self._term(depth))
        return lambda item: all(term(item) for term in terms)

    def _term(self, depth: int) -> PriceFilter:
        if depth > _DEEPEST:
            raise _invalid()
        if self._skip("("):
            found = self.either(depth + 1)
            self._expect(")")
            return found
        word = self._next()
        if word in _FUNCTIONS and self._skip("("):
            return self._call(_FUNCTIONS[word])
        name = self._field(word)
        operator = self._next()
        if operator not in ("eq", "ne"):
            raise _invalid()
        wanted = self._value()
        return lambda item: (_text(item.get(name)) == wanted) is (operator == "eq")

    def _call(self, function: Callable[[str, str], bool]) -> PriceFilter:
        name = self._field(self._next())
        self._expect(",")
        part = self._value()
        self._expect(")")
        return lambda item: function(_text(item.get(name)) or "", part)

    def _field(self, name: str) -> str:
        recorded = _FIELDS.get(name, name)
        if recorded not in self._fields:
            raise _invalid()
        return recorded

    def _value(self) -> str:
        value = self._next()
        if value.startswith("'"):
            return value[1:-1].replace("''", "'")
        if value in ("true", "false"):
            return value
        raise _invalid()

    def _next(self) -> str:
        if not self.rest:
            raise _invalid()
        return self.rest.pop()

    def _expect(self, mark: str) -> None:
        if self._next() != mark:
            raise _invalid()

    def _skip(self, word: str) -> bool:
        found = bool(self.rest) and self.rest[-1] == word
        if found:
            self.rest.pop()
        return found


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else None


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if not found:
            raise _invalid()
        tokens.append(found[found.lastgroup or 0])
        position = found.end()
    return tokens


def _invalid() -> Exception:
    return bad_request("Invalid OData parameters supplied")
