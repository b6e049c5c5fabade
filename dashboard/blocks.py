"""The page's own pieces: breadcrumbs, sentences, facts, tables. Text stays text all the way.

A piece is plain data. The browser side (blocks.js) makes elements and sets their textContent, so
nothing that a log, a directory or a link contains is ever read as HTML or Markdown.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from urllib.parse import parse_qsl

import streamlit as st
from streamlit.components.v2 import component
from streamlit.components.v2.types import ComponentRenderer


@dataclass(frozen=True)
class Cell:
    """Text, where it leads (a link of this page) and the hint behind it."""

    text: str
    link: str | None = None
    hint: str | None = None
    is_strong: bool = False
    is_quiet: bool = False


@dataclass(frozen=True)
class Line:
    """Cells one after the other; `look` is "crumbs", "pages", "sentence", "note" or "warning"."""

    look: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class Facts:
    """Names with their values, side by side ("row") or below each other ("list")."""

    look: str
    facts: Sequence[tuple[str, Cell]]
    title: str = ""


@dataclass(frozen=True)
class Table:
    """A table. `numbers` are the columns that are right-aligned, `texts` those that may wrap.

    `pager` is the line below.
    """

    caption: str
    columns: Sequence[str]
    numbers: Sequence[int]
    rows: Sequence[Sequence[Cell]]
    pager: Sequence[Cell] = ()
    texts: Sequence[int] = ()


Block = Line | Facts | Table


def show(key: str, *blocks: Block) -> None:
    """Draw blocks below each other. Following a link of theirs changes the page's address."""

    def follow() -> None:
        link = st.session_state[key].get("link")
        if link:
            st.query_params.from_dict(dict(parse_qsl(link.removeprefix("?"))))

    data = [asdict(block) | {"kind": type(block).__name__} for block in blocks]
    _component()(key=key, data={"blocks": data}, on_link_change=follow)


@st.cache_resource(show_spinner=False)
def _component() -> ComponentRenderer:
    folder = files("dashboard")
    return component(
        "tollbook_blocks",
        html='<div class="blocks"></div>',
        css=(folder / "blocks.css").read_text(encoding="utf-8"),
        js=(folder / "blocks.js").read_text(encoding="utf-8"),
    )
