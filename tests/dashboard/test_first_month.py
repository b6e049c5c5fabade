"""Which month the dashboard opens on when the link names none."""

from datetime import date
from pathlib import Path

from core_rows import gateway, llm, open_books, person

from dashboard.reader import newest_used_month, open_source
from models.viewer import operator


def test_a_month_of_probes_alone_is_not_the_first_one_sees(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        books.observe(person(1))
        books.land(
            gateway(1, "2026-09-30T10:00:00Z"),
            gateway(2, "2026-10-01T10:00:00Z", method="HEAD", url="https://gateway.example/"),
        )
        books.land(llm(1, "2026-09-30T10:00:01Z"))
        books.publish()
    source = open_source(books.publication, operator())
    assert source.manifest.months() == ["2026-09", "2026-10"]
    assert newest_used_month(source) == "2026-09"


def test_without_any_use_it_is_the_newest(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        books.land(
            gateway(2, "2026-10-01T10:00:00Z", method="HEAD", url="https://gateway.example/")
        )
        books.publish()
    source = open_source(books.publication, operator())
    assert source.manifest.days.keys() == {str(date(2026, 10, 1))}
    assert newest_used_month(source) == "2026-10"
