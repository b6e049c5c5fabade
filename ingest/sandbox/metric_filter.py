"""The `filter` of a metrics query: which series are asked for, and by what they are split.

`A eq 'a1' and B eq 'b1' or B eq 'b2' and C eq '*'` as azure-monitor-docs have it: `or` binds
tighter than `and` and never stands between two dimensions; `'*'` takes every value. Dimensions
that are not named are added up. Names compare without case, values with it.
"""

import re
from dataclasses import dataclass

from ingest.sandbox.azure_request import bad_request

_TOKEN = re.compile(r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<mark>[()])|(?P<word>[^\s()']+))")
_ANY = "*"


@dataclass(frozen=True)
class MetricFilter:
    """Dimension name (lower case) -> the values it may have, None for every value, in order."""

    values: dict[str, frozenset[str] | None]

    def takes(self, dimensions: dict[str, str]) -> bool:
        """Whether a series is asked for; a dimension it lacks is the empty text."""
        return all(
            wanted is None or dimensions.get(name, "") in wanted
            for name, wanted in self.values.items()
        )


def read_metric_filter(text: str) -> MetricFilter:
    """Read a filter; an empty one names no dimension. Raises RefusedError (400)."""
    reader = _Reader(_tokens(text))
    values: dict[str, frozenset[str] | None] = {}
    while reader.rest:
        name, wanted = reader.clause()
        if name in values:
            raise bad_request(f"The filter names the dimension '{name[:80]}' twice.")
        values[name] = None if _ANY in wanted else frozenset(wanted)
        if reader.rest:
            reader.expect("and")
            if not reader.rest:
                raise bad_request("The filter ends after 'and'.")
    return MetricFilter(values)


class _Reader:
    """Takes clauses off a list of tokens; text tokens keep their quotes."""

    def __init__(self, tokens: list[str]) -> None:
        self.rest = tokens[::-1]

    def clause(self) -> tuple[str, list[str]]:
        """One dimension in lower case and the values it may have."""
        is_grouped = self._skip("(")
        name, value = self._comparison()
        values = [value]
        while self._skip("or"):
            other, value = self._comparison()
            if other != name:
                raise bad_request(
                    "The logical 'or' operator cannot separate two different dimension names."
                )
            values.append(value)
        if is_grouped:
            self.expect(")")
        return name, values

    def expect(self, word: str) -> None:
        """Take `word` off; raises RefusedError when something else stands there."""
        if not self._skip(word):
            raise bad_request(f"The filter lacks '{word}': write Name eq 'value' and Other eq '*'.")

    def _comparison(self) -> tuple[str, str]:
        name = self._next()
        self.expect("eq")
        value = self._next()
        if name.startswith("'") or name in "()" or not value.startswith("'"):
            raise bad_request("The sandbox reads a filter as Name eq 'value' and Other eq '*'.")
        return name.lower(), value[1:-1].replace("''", "'")

    def _next(self) -> str:
        if not self.rest:
            raise bad_request("The filter is incomplete: write Name eq 'value' and Other eq '*'.")
        return self.rest.pop()

    def _skip(self, word: str) -> bool:
        found = bool(self.rest) and self.rest[-1].lower() == word
        if found:
            self.rest.pop()
        return found


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    position = 0
    end = len(text.rstrip())
    while position < end:
        found = _TOKEN.match(text, position)
        if not found:
            raise bad_request("The filter has a text without its closing quote.")
        tokens.append(found[found.lastgroup or 0])
        position = found.end()
    return tokens
