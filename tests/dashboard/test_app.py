"""The page's script on real publications: figures, steps, labels, empty and broken states."""

import json
import shutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.place import Place
from dashboard.reader import PAGE_ROWS, open_source, read_view
from models.chargeback import chargeback
from models.errors import PublicationError
from models.viewer import Viewer, operator

MONTH = "2026-10"
KEYS = {"unit": "unit", "user": "oid", "day": "day"}

Shown = list[dict[str, Any]]
Open = Callable[..., Shown]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run the page on a data folder and a link; return the blocks it shows."""

    def opened(data_dir: Path, link: str = "?") -> Shown:
        monkeypatch.setenv("TOLLBOOK_DATA_DIR", str(data_dir))
        app = AppTest.from_file(str(files("dashboard") / "app.py"), default_timeout=60)
        app.query_params.update(dict(parse_qsl(link.removeprefix("?"))))
        app.run()
        assert not app.exception
        # Streamlit's own text elements read Markdown; the page has none with data in them.
        assert [element.value for element in app.title] == ["Chargeback"]
        assert not app.markdown
        return list(_blocks(app.main))

    return opened


def _blocks(node: Any) -> Iterator[dict[str, Any]]:
    for child in node.children.values():
        if hasattr(child, "children"):
            yield from _blocks(child)
        elif getattr(getattr(child, "proto", None), "component_name", "") == "tollbook_blocks":
            yield from json.loads(child.proto.json)["blocks"]


def text_of(shown: Shown, look: str) -> str:
    """Return the text of the first line with a look."""
    lines = [block for block in shown if block.get("look") == look]
    return "".join(cell["text"] for cell in lines[0]["cells"])


def table(shown: Shown) -> list[dict[str, Any]]:
    """Return the page's table as one dict of cells per row."""
    (found,) = [block for block in shown if block["kind"] == "Table"]
    return [dict(zip(found["columns"], row, strict=True)) for row in found["rows"]]


def amount(cell: dict[str, Any]) -> Decimal | None:
    """Return the exact amount behind a money cell, None for unknown."""
    return None if cell["text"] == "unknown" else Decimal(cell["hint"].removesuffix(" USD"))


def total(rows: list[dict[str, Any]], column: str = "List cost") -> Decimal:
    """Return the exact sum of a column's known amounts."""
    return sum((amount(row[column]) or Decimal(0) for row in rows), Decimal(0))


def requests(rows: list[dict[str, Any]]) -> int:
    """Return the number of requests behind the rows; a row without a count is one request."""
    return sum(
        int(row["Requests"]["text"].replace(",", "")) if "Requests" in row else 1 for row in rows
    )


def all_pages(open_page: Open, data_dir: Path, link: str) -> list[dict[str, Any]]:
    """Return the table's rows of every page of a place."""
    rows: list[dict[str, Any]] = []
    while True:
        shown = open_page(data_dir, link)
        rows += table(shown)
        pager = next(block for block in shown if block["kind"] == "Table")["pager"]
        following = [cell["link"] for cell in pager if cell["text"] == "Next"]
        if not following:
            return rows
        (link,) = following


def test_nothing_published_says_how_to_publish(open_page: Open, tmp_path: Path) -> None:
    assert "run `tollbook run`, or `tollbook demo`" in text_of(open_page(tmp_path), "warning")


def test_an_unreadable_manifest_says_how_to_publish_again(
    open_page: Open, hostile, tmp_path
) -> None:
    shutil.copytree(hostile.data_dir, tmp_path, dirs_exist_ok=True)
    (tmp_path / "published" / "current").write_text("no-such-manifest.json")
    assert "run `tollbook run build`" in text_of(open_page(tmp_path), "warning")


@pytest.mark.parametrize(
    ("link", "advice"),
    [
        ("?month=1999-01", "Published are: 2026-09, 2026-10"),
        ("?month=2026-10&day=tomorrow", "is no day of 2026-10"),
        ("?oid=nobody", "Open the person from a unit"),
        ("?unit=Nowhere", "No request is booked for Nowhere, October 2026"),
        ("?oid=00000000-1111-4111-8111-000000000000", "No request is booked for 00000000-1111"),
        ("?day=2026-10-31", "nothing is published between 2026-10-31"),
        ("?request=no-such-request", "no published request has the CorrelationId"),
    ],
)
def test_a_link_that_leads_nowhere_says_what_to_do(
    open_page: Open, hostile, link: str, advice: str
) -> None:
    assert advice in text_of(open_page(hostile.data_dir, link), "warning")


def test_the_first_line_has_the_months_numbers(open_page: Open, hostile) -> None:
    sentence = text_of(open_page(hostile.data_dir), "sentence")
    assert sentence == (
        "October 2026: $0.284 at list price for 64 requests by 4 people in 4 units;"
        " cache tokens are not in any gateway log, so the true list cost lies between $0.284 and"
        " $15.53, plus an unknown amount for 2 requests that nothing limits."
    )


def test_coverage_says_how_much_is_known(open_page: Open, hostile) -> None:
    shown = open_page(hostile.data_dir)
    facts = {
        name: cell["text"] for name, cell in next(b for b in shown if b["kind"] == "Facts")["facts"]
    }
    assert facts == {
        "Caller known": "96.8 %",
        "Usage known": "98.4 %",
        "Unattributed": "2",
        "Unmetered": "1",
        "Unpriced": "1",
        "Data until": "2026-10-20 12:00 UTC",
        "Published at": "2026-10-20 12:00 UTC",
    }


def test_the_months_table_is_the_chargeback_report(open_page: Open, golden) -> None:
    rows = all_pages(open_page, golden.data_dir, f"?month={MONTH}")
    folder = golden.settings.publication_dir
    report = chargeback(folder, operator(), month=MONTH, by=["unit"]).records()
    assert [
        (
            row["Unit"]["text"],
            amount(row["List cost"]),
            amount(row["Low"]),
            amount(row["High"]),
            int(row["Requests"]["text"].replace(",", "")),
        )
        for row in rows
    ] == [
        (
            " · ".join(text for text in (row["unit"], row["label"]) if text),
            row["list_cost_usd"],
            row["cost_low_usd"],
            row["cost_high_usd"],
            row["requests"],
        )
        for row in report
    ]


def test_every_row_is_the_sum_of_what_lies_below_it(open_page: Open, hostile) -> None:
    steps = [f"?month={MONTH}"]
    seen = set()
    while steps:
        link = steps.pop()
        for row in all_pages(open_page, hostile.data_dir, link):
            first = next(iter(row.values()))
            if "request=" in first["link"] or first["link"] in seen:
                continue
            seen.add(first["link"])
            below = all_pages(open_page, hostile.data_dir, first["link"])
            for column in ("List cost", "Low", "High"):
                assert total(below, column) == total([row], column), (first["text"], column)
            assert requests(below) == requests([row]), first["text"]
            if "day=" not in first["link"] and len(seen) < 12:
                steps.append(first["link"])
    assert any("label=unattributed" in link for link in seen)
    assert any("label=unmetered" in link for link in seen)
    assert any("label=unpriced" in link for link in seen)


def test_what_is_unknown_is_never_shown_as_zero(open_page: Open, hostile) -> None:
    labelled = {
        row["Unit"]["text"].rpartition(" · ")[2]: row
        for row in table(open_page(hostile.data_dir))
        if "label=none" not in row["Unit"]["link"]
    }
    assert set(labelled) == {"unattributed", "unmetered", "unpriced"}
    assert labelled["unattributed"]["List cost"]["text"] == "$0.00900"
    for label in ("unmetered", "unpriced"):
        shown = {name: cell["text"] for name, cell in labelled[label].items()}
        assert (shown["List cost"], shown["High"], shown["Evidence"]) == ("unknown",) * 3
    assert labelled["unmetered"]["Input tokens"]["text"] == "unknown"


def test_a_long_list_comes_in_pages_that_miss_nothing(open_page: Open, golden) -> None:
    folder = golden.settings.publication_dir
    days = chargeback(folder, operator(), month=MONTH, by=["day"]).records()
    busiest = max(days, key=lambda row: row["requests"])
    logged = [row for row in days if row["label"] not in {"outside_gateway", "pool"}]
    expected = sum(row["requests"] for row in logged if row["day"] == busiest["day"])
    assert expected > PAGE_ROWS
    link = f"?month={MONTH}&day={busiest['day']}"
    rows = all_pages(open_page, golden.data_dir, link)
    assert len({row["Time (UTC)"]["link"] for row in rows}) == len(rows) == expected
    past = open_page(golden.data_dir, f"{link}&page=9999")
    assert not table(past)
    assert "past the last" in str(past)


def test_a_request_shows_everything_behind_its_figures(open_page: Open, hostile) -> None:
    call = hostile.calls[0]
    shown = open_page(hostile.data_dir, f"?request=cccc0000-0000-4000-8000-{call.number:012x}")
    assert text_of(shown, "sentence").startswith("This request: $0.00450 at list price")
    facts = {block["title"]: dict(block["facts"]) for block in shown if block["kind"] == "Facts"}
    assert facts["Charge"]["arithmetic"]["text"].endswith("= 0.0045 USD")
    assert facts["LLM rows"]["row 1 input tokens"]["text"] == str(call.input_tokens)
    assert (
        facts["Gateway row"]["user agent"]["text"] == "claude-cli/2.1 <svg onload=alert('agent')>"
    )


def test_hostile_text_is_cut_and_handed_on_as_text(open_page: Open, hostile) -> None:
    rows = table(open_page(hostile.data_dir))
    units = {row["Unit"]["text"] for row in rows}
    assert "<script>alert('unit')</script><img src=x onerror=alert(1)>" in units
    assert "**bold** [link](https://example.org) $x^2$ :red[red] `code`" in units
    assert max(map(len, units)) <= 80 + len(" · unattributed")
    (long,) = [row["Unit"]["link"] for row in rows if row["Unit"]["text"].startswith("long unit")]
    assert len(long) < 200
    assert text_of(open_page(hostile.data_dir, long), "sentence").startswith("long unit unit")


def test_viewers_do_not_share_what_is_kept(hostile) -> None:
    folder = hostile.data_dir / "published"
    unit = '=HYPERLINK("https://example.org";"unit")'
    everything = open_source(folder, operator())
    one_unit = open_source(folder, Viewer("lead", units=frozenset({unit}), smallest_group=1))
    place = Place(MONTH)
    assert read_view(everything, place).total["requests"] == 64
    assert read_view(one_unit, place).total["requests"] == 15
    assert [row["unit"] for row in read_view(one_unit, place).parts.records()] == [unit]


def test_a_publication_replaced_meanwhile_asks_for_a_reload(hostile, tmp_path: Path) -> None:
    folder = tmp_path / "published"
    shutil.copytree(hostile.data_dir / "published", folder)
    source = open_source(folder, operator())
    shutil.rmtree(folder / "ledger")
    with pytest.raises(PublicationError, match="reload the page"):
        read_view(source, Place(MONTH))


def test_who_sees_no_names_goes_down_by_pseudonym_and_finds_no_object_id(hostile) -> None:
    folder = hostile.data_dir / "published"
    source = open_source(folder, Viewer("analyst", sees_everything=True, smallest_group=1))
    units = read_view(source, Place(MONTH)).parts.records()
    place = Place(MONTH, unit=next(row["unit"] for row in units if row["unit"].startswith("**")))
    (row,) = [row for row in read_view(source, place).parts.records() if row["label"] == ""]
    assert row["oid"] is None
    assert row["name"].startswith("Person 0")
    below = read_view(source, place.at(oid=row["name"]))
    assert below.caller["name"] == row["name"]
    assert below.total["requests"] == 16
    (named, *_) = read_view(open_source(folder, operator()), place).parts.records()
    assert read_view(source, place.at(oid=named["oid"])).total["requests"] == 0
