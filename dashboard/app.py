"""The dashboard's script: Streamlit runs it for every view. It picks the place and draws it."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from dashboard.adoption_page import adoption_page
from dashboard.blocks import Cell, Line, show
from dashboard.bridge_page import bridge_page
from dashboard.chargeback_page import chargeback_page
from dashboard.figures import month_text
from dashboard.place import ADOPTION, BRIDGE, Place, read_place
from dashboard.reader import Source, newest_used_month, open_source
from dashboard.request_page import request_page
from models.errors import TollbookError
from models.settings import Settings, read_settings
from models.viewer import operator

st.set_page_config(
    page_title="tollbook · Chargeback", page_icon=":material/receipt_long:", layout="wide"
)


# Streamlit leaves room for a toolbar that is switched off; the first sentence belongs up there.
_STYLE = "<style>.stMainBlockContainer { padding-top: 2rem; padding-bottom: 3rem; }</style>"

_TITLES = {BRIDGE: "Bridge", ADOPTION: "Adoption"}


def main() -> None:
    """Draw the page, or say what keeps it from being drawn and what to do about it."""
    st.html(_STYLE)
    heading, chooser = st.columns([3, 1], vertical_alignment="bottom")
    with heading:
        st.title(_TITLES.get(st.query_params.get("view", ""), "Chargeback"), anchor=False)
        show("access", Line("note", [Cell("Open on this machine only: no sign-in configured")]))
    try:
        settings = read_settings()
        source = open_source(settings.publication_dir, operator(settings))
    except TollbookError as error:
        _warn(f"{error}.")
        return
    months = source.manifest.months()
    try:
        newest = newest_used_month(source)
        place = read_place(st.query_params.to_dict(), months, newest)
    except TollbookError as error:
        with chooser:
            _choose_month(months, None)
        _warn(str(error), link=Place(months[-1]))
        return
    with chooser:
        _choose_month(months, place)
    with heading:
        if settings.showback:
            text = "Showback: figures are shown and nothing is posted"
            show("showback", Line("note", [Cell(text)]))
        show("pages", _pages(place))
    _draw(source, place, settings)


def _draw(source: Source, place: Place, settings: Settings) -> None:
    pages: dict[str, Callable[[Source, Place], None]] = {
        BRIDGE: bridge_page,
        ADOPTION: partial(adoption_page, rollout_groups=settings.pilot_group_ids),
    }
    page = pages.get(place.view or "") or (request_page if place.request else chargeback_page)
    try:
        page(source, place)
    except TollbookError as error:
        _warn(f"{error}.", link=Place(place.month))


def _pages(place: Place) -> Line:
    """Return the links between the pages of a month; the one shown is none."""
    pages = [("Chargeback", Place(place.month))]
    pages += [(title, Place(place.month, view=view)) for view, title in _TITLES.items()]
    return Line(
        "pages",
        [
            Cell(name, link=None if there.view == place.view else there.link)
            for name, there in pages
        ],
    )


def _choose_month(months: list[str], place: Place | None) -> None:
    """Offer the published months, newest first; the address decides which one is chosen."""
    st.session_state["month"] = place.month if place else None

    def follow() -> None:
        chosen = st.session_state["month"]
        there = (place or Place(chosen)).at(month=chosen, day=None, request=None)
        st.query_params.from_dict(there.parameters)

    st.selectbox(
        "Month",
        months[::-1],
        index=0 if place else None,
        format_func=month_text,
        key="month",
        on_change=follow,
        placeholder="Choose a month",
    )


def _warn(text: str, link: Place | None = None) -> None:
    more = [Cell(f" Go to {month_text(link.month)}.", link=link.link)] if link else []
    show("warning", Line("warning", [Cell(text), *more]))


main()
