"""The adoption page's script: its sentence, lists, charts, and a tenant without assignments."""

import json
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from adoption_rows import CODE, DESKTOP, assign, group, use
from core_rows import Books, oid, open_books, person
from streamlit.testing.v1 import AppTest

from dashboard.charts import retention, weekly_people
from models.adoption import adoption
from models.viewer import operator

LINK = {"view": "adoption", "month": "2026-10"}
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run the page on a data folder and a link's parameters."""

    def opened(books: Books, **link: str) -> AppTest:
        monkeypatch.setenv("TOLLBOOK_DATA_DIR", str(books.settings.data_dir))
        app = AppTest.from_file(str(files("dashboard") / "app.py"), default_timeout=60)
        app.query_params.update(link)
        app.run()
        assert not app.exception
        assert not app.markdown
        return app

    return opened


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """Six people: 1 and 2 use Claude, 3 and 4 never have, 5 may not, 6 was disabled before."""
    with open_books(tmp_path_factory.mktemp("adoption")) as books:
        books.observe(*(person(number) for number in range(1, 7)))
        books.observe(person(6, accountEnabled=False), at="2026-10-03T00:00:00Z")
        group_of_four = {f"p{number}": (None, None) for number in range(1, 5)}
        assign(books, group(books, 1, "<b>Wave</b> 1", **group_of_four))
        assign(books, oid(6))
        use(
            books,
            (1, "09-20T12:00", CODE.format(10)),
            (1, "10-05T12:00", CODE.format(14)),
            (2, "10-06T12:00", DESKTOP.format(2)),
            (5, "10-07T12:00"),
            (6, "10-08T12:00", CODE.format(14)),
        )
        books.publish()
        yield books


def blocks(node: Any) -> Iterator[dict[str, Any]]:
    for child in node.children.values():
        if hasattr(child, "children"):
            yield from blocks(child)
        elif getattr(getattr(child, "proto", None), "component_name", "") == "tollbook_blocks":
            yield from json.loads(child.proto.json)["blocks"]


def text_of(app: AppTest, look: str) -> str:
    found = [block for block in blocks(app.main) if block.get("look") == look]
    return "".join(cell["text"] for cell in found[0]["cells"])


def tables(app: AppTest) -> dict[str, list[list[str]]]:
    """Return the texts of every table of the page, by its caption."""
    return {
        block["caption"]: [[cell["text"] for cell in row] for row in block["rows"]]
        for block in blocks(app.main)
        if block["kind"] == "Table"
    }


def test_the_first_line_says_who_uses_it(open_page: Open, books: Books) -> None:
    app = open_page(books, **LINK)
    assert [title.value for title in app.title] == ["Adoption"]
    assert text_of(app, "sentence") == (
        "October 2026: 3 of 5 entitled people used Claude, 2 never have,"
        " 1 is active without assignment, 1 after leaving."
    )


def test_the_tables_are_the_reports(open_page: Open, books: Books) -> None:
    shown = tables(open_page(books, **LINK))
    assert shown["By unit at the month's end"] == [
        ["CC-1", "5", "4", "60 %", "2", "0", "1", "1", "4", "$0.0120", "$0.00300"]
    ]
    assert [row[:2] for row in shown["By client and version"]] == [
        ["Claude Code", "2.1.14"],
        ["Claude Desktop", "1.6.2"],
        ["Unknown", "not told"],
    ]
    assert shown["By rollout group"] == [
        ["<b>Wave</b> 1", "4", "2", "2", "2026-09-20", "2026-10-06"]
    ]
    folder = books.publication
    by = ["group", "user"]
    missing = adoption(folder, operator(), month="2026-10", by=by).records()
    assert [row[0] for row in shown["Not arrived yet"]] == [row["name"] for row in missing]
    assert {row["oid"] for row in missing} == {oid(3), oid(4)}
    watched = shown["Traffic after leaving, or without assignment"]
    assert [(row[0], row[3], row[4]) for row in watched] == [
        ("Person 6", "after leaving", "2026-10-03 00:00 UTC"),
        ("Person 5", "without assignment", ""),
    ]


def test_two_charts_show_weeks_and_cohorts(open_page: Open, books: Books) -> None:
    weeks, cohorts = (
        json.loads(chart.proto.spec)["data"]
        for chart in open_page(books, **LINK).get("plotly_chart")
    )
    assert {bar["name"]: list(bar["y"]) for bar in weeks} == {
        "entitled": [5, 5, 5, 5, 5],
        "active": [0, 4, 0, 0, 0],
    }
    assert [list(line) for line in cohorts[0]["text"]] == [["100%", "100%"], ["", "100%"]]


def test_without_assignments_the_page_says_what_to_set(open_page: Open, tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        books.observe(person(1))
        use(books, (1, "10-05T12:00"))
        books.publish()
        app = open_page(books, **LINK)
    assert text_of(app, "sentence").startswith("October 2026: 1 person used Claude; whom it is")
    assert "set TOLLBOOK_CLAUDE_APP_ID" in text_of(app, "sentence")
    assert tables(app).keys() == {"By unit at the month's end", "By client and version"}


def test_a_chart_without_anybody_is_left_out() -> None:
    assert weekly_people([]) is None
    assert retention([]) is None
