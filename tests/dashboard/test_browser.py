"""`tollbook dashboard` as a process, looked at with a real browser."""

import csv
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from dashboard.figures import money_text
from models.chargeback import chargeback
from models.viewer import operator

MONTH = "2026-10"
TOLLBOOK = str(Path(sys.executable).with_name("tollbook"))


@contextmanager
def started(data_dir: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the command on a free port; yield the process and the address it prints."""
    process = subprocess.Popen(
        [TOLLBOOK, "dashboard", "--data-dir", str(data_dir), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        assert re.fullmatch(r"tollbook is at http://127\.0\.0\.1:\d+\n", line)
        yield process, line.removeprefix("tollbook is at ").strip()
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def golden_url(golden) -> Iterator[str]:
    with started(golden.data_dir) as (_, url):
        yield url


@pytest.fixture(scope="module")
def hostile_url(hostile) -> Iterator[str]:
    with started(hostile.data_dir) as (_, url):
        yield url


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A browser page on which a dialog or a script error fails the test."""
    opened = chromium.new_page(viewport={"width": 1280, "height": 900})
    troubles: list[str] = []
    opened.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()
    assert not troubles


def shown_rows(page: Page) -> list[list[dict[str, str]]]:
    """Return the table as the browser shows it: text and hint (the exact amount) of each cell."""
    page.locator("tbody tr").first.wait_for()
    settled(page)
    return page.locator("tbody tr").evaluate_all(
        "rows => rows.map(row => [...row.cells].map(cell =>"
        " ({text: cell.innerText, hint: cell.firstChild.title})))"
    )


_PATIENCE = 100


def settled(page: Page) -> None:
    """Wait until the page's script has ended: before, parts of the last view may still be there."""
    app = page.get_by_test_id("stApp")
    expect(app).to_have_attribute("data-test-script-state", "notRunning")
    # The sentence and the table arrive one after the other: both must speak of the same place.
    for _ in range(_PATIENCE):
        sentence = page.locator(".sentence").first.text_content() or ""
        caption = page.locator("caption").text_content() or ""
        if sentence.startswith(caption.partition(", ")[2]):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the table is still {caption!r} under {sentence!r}")


def all_rows(page: Page) -> list[list[dict[str, str]]]:
    """Return the rows of this and all following pages."""
    rows = shown_rows(page)
    while (following := page.get_by_role("link", name="Next", exact=True)).count():
        before = page.locator(".pager").text_content()
        following.click()
        expect(page.locator(".pager")).not_to_have_text(before)
        rows += shown_rows(page)
    return rows


def exact(cell: dict[str, str]) -> Decimal:
    """Return the exact amount behind a cell, 0 for what is unknown."""
    return Decimal(0) if cell["text"] == "unknown" else Decimal(cell["hint"].removesuffix(" USD"))


def follow(page: Page, link: Locator) -> None:
    """Follow a link of the page and wait until the breadcrumbs have changed."""
    before = page.locator("nav.crumbs").text_content()
    link.click()
    expect(page.locator("nav.crumbs")).not_to_have_text(before)


def test_the_screen_adds_up_from_the_month_to_the_request(
    golden, golden_url: str, page: Page
) -> None:
    report = chargeback(golden.settings.publication_dir, operator(), month=MONTH, by=["unit"])
    known = [row["list_cost_usd"] for row in report.records() if row["list_cost_usd"] is not None]
    page.goto(f"{golden_url}/?month={MONTH}")
    amounts = page.locator(".sentence .strong")
    expect(amounts.first).to_have_text(money_text(sum(known)))
    assert amounts.first.get_attribute("title").startswith(f"{sum(known).normalize():f} USD")
    assert sum(exact(row[1]) for row in all_rows(page)) == sum(known)
    page.goto(f"{golden_url}/?month={MONTH}")
    for _ in ("unit", "person", "day"):
        parent = shown_rows(page)[0]
        follow(page, page.locator("tbody a").first)
        address = page.url
        rows = all_rows(page)
        assert sum(exact(row[1]) for row in rows) == exact(parent[1])
        page.goto(address)
    parent = shown_rows(page)[0]
    follow(page, page.locator("tbody a").first)
    charge = page.locator("section", has=page.get_by_role("heading", name="Charge", exact=True))
    expect(charge).to_contain_text(parent[1]["hint"].removesuffix(" USD"))


def test_a_mailed_link_and_the_back_button_show_the_same(golden_url: str, page: Page) -> None:
    page.goto(golden_url)
    month = shown_rows(page)
    follow(page, page.locator("tbody a").first)
    unit, address = shown_rows(page), page.url
    assert "unit=" in address
    page.go_back()
    expect(page.locator("nav.crumbs")).to_be_hidden()
    assert shown_rows(page) == month
    page.goto(address)
    assert shown_rows(page) == unit


def test_a_month_is_chosen_from_those_published(hostile_url: str, page: Page) -> None:
    page.goto(hostile_url)
    page.get_by_role("combobox").click()
    expect(page.get_by_role("option")).to_have_text(["October 2026", "September 2026"])
    page.get_by_role("option", name="September 2026").click()
    expect(page.locator(".sentence")).to_contain_text("September 2026: $0.00450")
    assert page.url.endswith("?month=2026-09")


def test_downloads_hold_what_the_screen_shows(golden_url: str, page: Page) -> None:
    page.goto(f"{golden_url}/?month={MONTH}")
    rows = all_rows(page)
    downloads = {}
    for form in ("CSV", "XLSX"):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Download {form}").click()
        assert download.value.suggested_filename == f"chargeback-{MONTH}-by-unit.{form.lower()}"
        downloads[form] = Path(download.value.path()).read_bytes()
    table = list(csv.DictReader(io.StringIO(downloads["CSV"].decode())))
    money = ("list_cost_usd", "cost_low_usd", "cost_high_usd", "shared_cost_usd")
    for column, name in enumerate(money, start=1):
        assert [Decimal(row[name] or 0) for row in table] == [exact(row[column]) for row in rows]
    assert [f"{int(row['requests']):,}" for row in table] == [row[5]["text"] for row in rows]
    sheet = openpyxl.load_workbook(io.BytesIO(downloads["XLSX"])).active
    assert sheet.max_row == len(rows) + 1
    assert [cell.value for cell in sheet[1]][:2] == list(table[0])[:2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_wider_than_the_window(
    golden_url: str, chromium: Browser, width: int, scheme: str
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page.goto(golden_url)
    page.locator(".js-plotly-plot .bars").first.wait_for()
    page.locator("tbody a").first.wait_for()
    widest = page.locator('[data-testid="stMain"]').evaluate("element => element.scrollWidth")
    assert widest <= width
    first_column = page.locator("tbody td").first.bounding_box()
    cost = page.locator("tbody td").nth(1).bounding_box()
    assert first_column["x"] >= 0
    assert cost["x"] + cost["width"] <= width
    page.close()


def test_hostile_text_stays_text(hostile_url: str, page: Page) -> None:
    page.goto(f"{hostile_url}/?month={MONTH}")
    page.locator(".js-plotly-plot .bars").first.wait_for()
    expect(page.locator("tbody")).to_contain_text("<script>alert('unit')</script><img src=x")
    expect(page.locator("tbody")).to_contain_text("**bold** [link](https://example.org)")
    expect(page.locator(".js-plotly-plot").first).to_contain_text("<script>alert('unit')")
    follow(page, page.locator("tbody a", has_text="<script>").first)
    expect(page.locator("tbody")).to_contain_text("<b id=owned>Ada</b>")
    page.goto(f"{hostile_url}/?request=cccc0000-0000-4000-8000-000000000000")
    expect(page.locator(".facts", has_text="user agent")).to_contain_text("<svg onload=alert")
    page.goto(f"{hostile_url}/?month={MONTH}&unit=<img src=x onerror=alert(1)>")
    expect(page.locator(".warning")).to_contain_text("<img src=x onerror=alert(1)>")
    for trap in ("#owned", "img[src=x]", "svg[onload]", 'a[href*="example.org"]', ".blocks script"):
        assert page.locator(trap).count() == 0, trap


def test_a_download_cannot_start_a_formula(hostile_url: str, page: Page) -> None:
    page.goto(f"{hostile_url}/?month={MONTH}")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download CSV").click()
    text = Path(download.value.path()).read_text()
    csv.field_size_limit(4_000_000)
    units = {row["unit"] for row in csv.DictReader(io.StringIO(text))}
    assert '\'=HYPERLINK("https://example.org";"unit")' in units


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly(hostile, stop: signal.Signals) -> None:
    with started(hostile.data_dir) as (process, url):
        process.send_signal(stop)
        _, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "Stopped.\n")
        assert not answers(url)


def test_a_killed_command_leaves_no_server_behind(hostile) -> None:
    with started(hostile.data_dir) as (process, url):
        assert answers(url)
        process.kill()
        deadline = time.monotonic() + 20
        while answers(url) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert not answers(url)


def test_a_port_in_use_says_what_to_do(hostile) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [TOLLBOOK, "dashboard", "--data-dir", str(hostile.data_dir), "--port", port],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ,
        )
    assert ended.returncode == 1
    assert f"port {port} on 127.0.0.1 cannot be opened" in ended.stderr
    assert "TOLLBOOK_DASHBOARD_PORT" in ended.stderr


def answers(url: str) -> bool:
    """Tell whether something listens at an address."""
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0
