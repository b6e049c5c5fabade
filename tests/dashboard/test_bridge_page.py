"""The bridge page's script: the report's own lines, a waterfall, and states without a bill."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from bill_rows import charge, data_dir, export, publish
from billed_month import CCU, DEPLOYMENTS, OCTOBER, logged
from core_rows import open_books
from streamlit.testing.v1 import AppTest

from dashboard.charts import waterfall
from models.reconciliation import reconciliation
from models.viewer import operator

LINK = {"view": "bridge", "month": "2026-10"}
Open = Callable[..., AppTest]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Run the page on a data folder and a link's parameters."""

    def opened(folder: Path, **link: str) -> AppTest:
        monkeypatch.setenv("TOLLBOOK_DATA_DIR", str(folder))
        app = AppTest.from_file(str(files("dashboard") / "app.py"), default_timeout=60)
        app.query_params.update(link)
        app.run()
        assert not app.exception
        assert not app.markdown
        return app

    return opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder whose October is billed, with a refund that names an earlier invoice."""
    with open_books(tmp_path_factory.mktemp("billed"), deployments=DEPLOYMENTS) as books:
        logged(books)
        refund = charge("2026-10-20", "-30", ChargeType="Refund", PreviousInvoiceId="G1")
        export(books, "october.csv", [*(charge(day, CCU) for day in OCTOBER), refund])
        publish(books)
        yield data_dir(books)


def blocks(node: Any) -> Iterator[dict[str, Any]]:
    for child in node.children.values():
        if hasattr(child, "children"):
            yield from blocks(child)
        elif getattr(getattr(child, "proto", None), "component_name", "") == "tollbook_blocks":
            yield from json.loads(child.proto.json)["blocks"]


def text_of(app: AppTest, look: str) -> str:
    found = [block for block in blocks(app.main) if block.get("look") == look]
    return "".join(cell["text"] for cell in found[0]["cells"])


def table(app: AppTest) -> list[list[dict[str, Any]]]:
    (found,) = [block for block in blocks(app.main) if block["kind"] == "Table"]
    return list(found["rows"])


def test_the_page_shows_the_report(open_page: Open, folder: Path) -> None:
    app = open_page(folder, **LINK)
    assert [title.value for title in app.title] == ["Bridge"]
    assert text_of(app, "sentence") == (
        "October 2026 is matched: the CCU invoice is $62.01, usage explains $62.03,"
        " and $0.279 is unreconciled."
    )
    answer = reconciliation(folder / "published", operator(), month="2026-10")
    rows = [row for row in answer.records() if row["kind"] not in {"note", "state"}]
    shown = table(app)
    assert len(shown) == len(rows)
    for cells, row in zip(shown, rows, strict=True):
        assert cells[0]["text"].lower().replace(" ", "_") == row["line"]
        hint = cells[1]["hint"]
        exact = None if hint is None else Decimal(hint.removesuffix(" USD"))
        assert exact == row["amount_usd"]
        assert cells[-1]["text"] == row["reason"]


def test_the_chart_walks_from_list_cost_to_the_bill(open_page: Open, folder: Path) -> None:
    app = open_page(folder, **LINK)
    (chart,) = app.get("plotly_chart")
    (walk,) = json.loads(chart.proto.spec)["data"]
    assert walk["type"] == "waterfall"
    assert walk["measure"] == ["relative", "total", "relative", "relative", "total"]
    assert walk["text"] == ["$62.03", "$62.03", "-$0.300", "$0.279", "$62.01"]


def test_a_chart_keeps_room_for_a_walk_below_zero() -> None:
    assert waterfall([("nothing", Decimal(0), False)]) is None
    figure = waterfall([("used", Decimal(2), False), ("refund", Decimal(-5), False)])
    low, high = figure.layout.xaxis.range
    assert low < -3
    assert high > 2


def test_the_pages_lead_to_each_other(open_page: Open, folder: Path) -> None:
    def links(app: AppTest) -> dict[str, str | None]:
        (line,) = [block for block in blocks(app.main) if block.get("look") == "pages"]
        return {cell["text"]: cell["link"] for cell in line["cells"]}

    chargeback, bridge, adoption = (
        "?month=2026-10",
        "?month=2026-10&view=bridge",
        "?month=2026-10&view=adoption",
    )
    assert links(open_page(folder, **LINK)) == {
        "Chargeback": chargeback,
        "Bridge": None,
        "Adoption": adoption,
    }
    app = open_page(folder, month="2026-10")
    assert links(app) == {"Chargeback": None, "Bridge": bridge, "Adoption": adoption}
    labelled = {cells[0]["text"]: cells[0]["link"] for cells in table(app)}
    assert labelled["residual"] == labelled["correction"] == bridge


def test_a_month_without_a_bill_says_so(open_page: Open, hostile: Any) -> None:
    app = open_page(hostile.data_dir, **LINK)
    assert text_of(app, "sentence").startswith("October 2026: No costs are read: set TOLLBOOK_")
    app = open_page(hostile.data_dir, view="profit")
    assert "There are bridge and adoption; without a view it is the chargeback" in text_of(
        app, "warning"
    )
