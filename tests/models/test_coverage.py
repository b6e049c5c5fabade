"""The coverage report: what is known of each day, and how long the rest has been waiting."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from core_rows import NOW, Books, gateway, llm, open_books

from models.coverage import coverage
from models.errors import ReportError
from models.viewer import Viewer, operator


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def test_a_row_without_its_other_half_has_an_age(books: Books) -> None:
    late = "2026-10-31T20:00:00Z"  # four hours before the test's now
    books.land(
        gateway(1),
        gateway(2),
        gateway(3, late, ingested_at="2026-10-31T21:30:00Z"),
        gateway(4, late, ingested_at="2026-10-31T22:30:00Z"),
        gateway(5, late, backend_response_code=429),
    )
    books.land(llm(1), llm(6, late, ingested_at="2026-10-31T23:30:00Z"))
    books.publish()
    old, new = coverage(books.publication, operator(), month="2026-10").records()
    assert (old["day"], new["day"]) == ("2026-10-05", "2026-10-31")
    assert (old["requests"], old["without_usage_row"], old["without_gateway_row"]) == (2, 1, 0)
    assert (old["without_usage_row_under_a_day"], old["oldest_unmatched_hours"]) == (
        0,
        (NOW.date() - date(2026, 10, 5)).days * 24 - 10,
    )
    assert (new["gateway_requests"], new["requests"]) == (4, 3)
    assert (new["without_usage_row"], new["without_usage_row_under_a_day"]) == (2, 2)
    assert (new["without_gateway_row"], new["without_gateway_row_under_a_day"]) == (1, 1)
    assert new["oldest_unmatched_hours"] == 3
    assert str(new["oldest_unmatched_at"]) == "2026-10-31 21:30:00"


def test_a_day_on_which_everything_met_waits_for_nothing(books: Books) -> None:
    books.land(gateway(1))
    books.land(llm(1))
    books.publish()
    (row,) = coverage(books.publication, operator(), month="2026-10").records()
    assert (row["by_backend_header"], row["without_usage_row"]) == (1, 0)
    assert row["oldest_unmatched_at"] is row["oldest_unmatched_hours"] is None


def test_it_is_about_everybody(books: Books) -> None:
    books.land(gateway(1))
    books.publish()
    viewer = Viewer("someone", units=frozenset({"CC-1"}))
    with pytest.raises(ReportError, match="about the whole tenant: ask for"):
        coverage(books.publication, viewer, month="2026-10")
