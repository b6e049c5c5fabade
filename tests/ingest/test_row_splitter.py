"""The splitter against any JSON a row can hold, however it is printed and wherever it is cut."""

import io
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import row_splitter
from ingest.row_splitter import Envelope, split_rows
from models.errors import SourceError

COLUMNS = ["time_generated", "request_headers"]
PARTIAL = {
    "code": "PartialError",
    "message": 'not "all" [of] {it}',
    "details": [{"code": "EngineError", "innererror": {"code": "-1", "severity": 2}}],
}

# Text that looks like structure, and all other text.
TEXTS = st.text(alphabet=st.sampled_from('[]{}",:\\\n\t ü🂡\u2028\x00a')) | st.text()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(st.lists(VALUES, max_size=4), max_size=6)
PRINTED = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, 0, 2]),
        "separators": st.sampled_from([(",", ":"), (", ", ": ")]),
        "ensure_ascii": st.booleans(),
    }
)


@pytest.fixture(autouse=True, scope="module")
def _every_cut_counts() -> Iterator[None]:
    """Let the splitter look at each piece as it comes, instead of at a megabyte at a time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_splitter, "_BATCH_BYTES", 1)
        yield


def answer(rows: list[list[Any]], error: dict[str, Any] | None = None) -> dict[str, Any]:
    columns = [{"name": name, "type": "string"} for name in COLUMNS]
    content: dict[str, Any] = {"tables": [{"name": "Result", "columns": columns, "rows": rows}]}
    return content | ({"error": error} if error else {})


def split(body: bytes, cuts: list[int] | None = None) -> tuple[Envelope, list[Any]]:
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts or []), len(body)]
    out = io.BytesIO()
    envelope = split_rows((body[start:end] for start, end in pairwise(edges)), out)
    return envelope, [json.loads(line) for line in out.getvalue().split(b"\n")[:-1]]


@settings(max_examples=150, deadline=None)
@given(
    rows=ROWS,
    printed=PRINTED,
    error=st.sampled_from([None, PARTIAL]),
    cuts=st.lists(st.integers(0, 2_000), max_size=12),
)
def test_every_row_comes_through_wherever_the_answer_is_cut(
    rows: list[list[Any]], printed: dict[str, Any], error: dict[str, Any] | None, cuts: list[int]
) -> None:
    body = json.dumps(answer(rows, error), **printed).encode(errors="surrogatepass")
    envelope, lines = split(body, cuts)
    assert lines == rows
    assert envelope == Envelope(tuple(COLUMNS), len(rows), error)


def test_one_byte_at_a_time() -> None:
    rows = [['say "hi" \\', {"a": [1, "]"]}], [None, '\\"'], []]
    body = json.dumps(answer(rows, PARTIAL), indent=1).encode()
    assert split(body, list(range(len(body))))[1] == rows


@pytest.mark.parametrize("error", [None, PARTIAL])
def test_an_answer_cut_off_at_any_byte_is_an_error(error: dict[str, Any] | None) -> None:
    rows = [["a", '{"x": "]"}'], ["b", "\\"], [["]]}]}"], 1]]
    body = json.dumps(answer(rows, error)).encode()
    for length in range(len(body)):
        for cuts in ([], [length // 2], [length - 1]):
            with pytest.raises(SourceError, match=r"asked for again|more than a comma"):
                split(body[:length], [max(cut, 0) for cut in cuts])
    assert split(body)[0].rows == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"<html>Bad Gateway</html>",
        b'{"tables": 5}',
        b'{"tables": [{"rows": []}]}',
        b'{"tables": [{"columns": [{}], "rows": []}]}',
    ],
)
def test_what_is_no_answer_is_an_error(body: bytes) -> None:
    with pytest.raises(SourceError, match="not a complete Log Analytics result"):
        split(body)


def test_an_answer_without_tables_has_no_rows() -> None:
    assert split(b'{"tables": []}')[0] == Envelope((), 0, None)


@pytest.mark.parametrize("cut", [None, "between", "each"])
def test_a_second_table_is_refused_wherever_the_answer_is_cut(cut: str | None) -> None:
    content = answer([["a"], ["b"]])
    content["tables"] *= 2
    body = json.dumps(content).encode()
    cuts = {None: [], "between": [body.index(b"]]}, {") + 3], "each": list(range(len(body)))}[cut]
    with pytest.raises(SourceError, match="as where it holds a second table"):
        split(body, cuts)


def test_rows_without_a_comma_between_them_are_refused() -> None:
    body = json.dumps(answer([["a"], ["b"]])).replace('"], ["', '"]  ["').encode()
    with pytest.raises(SourceError, match="more than a comma"):
        split(body)


def test_lists_inside_an_error_are_never_taken_for_rows() -> None:
    error = PARTIAL | {"details": [{"resources": ["one", "two"]}]}
    for rows in ([], [["a"]]):
        with pytest.raises(SourceError):
            split(json.dumps(answer(rows, error)).encode())
