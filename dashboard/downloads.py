"""Buttons that hand out what a page shows, exact to the last decimal."""

from collections.abc import Callable

import streamlit as st

from models.published import Answer
from models.rendering import render

_FORMS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def downloads(read: Callable[[], Answer], *, name: str, sheet: str) -> None:
    """Offer an answer as files called `name`; it is read only when somebody asks for one."""

    def content(form: str) -> Callable[[], bytes]:
        return lambda: render(read(), form, sheet=sheet)

    with st.container(horizontal=True):
        for form, mime in _FORMS.items():
            st.download_button(
                f"Download {form.upper()}",
                content(form),
                file_name=f"{name}.{form}",
                mime=mime,
                key=f"download-{form}",
                on_click="ignore",
            )
