"""What each viewer sees: their own rows, whole units, or everything, and nobody else's name."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from core_rows import Books, correlation, gateway, llm, oid, open_books, person
from hypothesis import given, settings
from hypothesis import strategies as st

from models.chargeback import chargeback
from models.errors import PublicationError, ReportError
from models.explain import explain
from models.published import month_days, reading
from models.viewer import Viewer, operator

# (caller, day, unit at that time); caller 3 moves, caller 4 is in no directory, 0 is nobody
TRAFFIC = (
    (1, 5, "CC-1"),
    (1, 6, "CC-1"),
    (2, 5, "CC-1"),
    (3, 5, "CC-1"),
    (3, 7, "CC-2"),
    (4, 6, "Unassigned"),
    (5, 7, "CC-2"),
    (0, 6, None),
)
CALLERS = [oid(number) for number in range(1, 6)]
UNITS = ["CC-1", "CC-2", "Unassigned"]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with open_books(tmp_path_factory.mktemp("published")) as books:
        for number, center in ((1, "CC-1"), (2, "CC-1"), (3, "CC-1"), (5, "CC-2")):
            books.observe(person(number, employeeOrgData={"costCenter": center}))
        books.observe(person(3, employeeOrgData={"costCenter": "CC-2"}), at="2026-10-06T00:00:00Z")
        for number, (who, day, _) in enumerate(TRAFFIC):
            headers = {"x-caller-oid": oid(who)} if who else {}
            at = f"2026-10-{day:02}T10:00:00Z"
            books.land(gateway(number, at, backend_request_headers=headers))
            books.land(llm(number, at))
        books.publish()
        yield books


def view(books: Books, viewer: Viewer, statement: str) -> list[tuple[Any, ...]]:
    with reading(books.publication, viewer) as published:
        return published.connection.execute(statement).fetchall()


def allowed(viewer: Viewer) -> list[int]:
    """The rows of TRAFFIC a viewer may see, by brute force."""
    return [
        number
        for number, (who, _, unit) in enumerate(TRAFFIC)
        if viewer.sees_everything or unit in viewer.units or (who and oid(who) == viewer.oid)
    ]


VIEWERS = st.builds(
    Viewer,
    name=st.just("somebody"),
    sees_everything=st.booleans(),
    sees_names=st.booleans(),
    units=st.frozensets(st.sampled_from([*UNITS, "CC-3", "", "\0", "CC-1' or true --"])),
    smallest_group=st.just(1),
    oid=st.none() | st.sampled_from([*CALLERS, oid(9), "", oid(1).upper()]),
)


@settings(max_examples=25, deadline=None)
@given(viewer=VIEWERS)
def test_a_viewer_sees_the_rows_of_their_scope_and_no_other(books: Books, viewer: Viewer) -> None:
    expected = allowed(viewer)
    ids = sorted(correlation(number) for number in expected)
    with reading(books.publication, viewer) as published:
        ask = published.connection.execute
        found = ask("select correlation_id from requests order by all").fetchall()
        assert [text for (text,) in found] == ids
        charged = ask(
            "select correlation_id from ledger inner join requests using (request_key) order by all"
        ).fetchall()
        assert charged == found
        assert ask("select coalesce(sum(requests), 0) from daily").fetchone() == (len(ids),)
        people = ask("select caller_id, oid, display_name from callers").fetchall()
        spans = ask(
            "select caller_id, unit from ownership inner join units using (unit_id)"
        ).fetchall()
        days = ask("select count(*) from coverage").fetchone()
    assert days == (3 if viewer.sees_everything else 0,)
    seen = {books_oids(books)[number] for number, *_ in people}
    assert seen <= {oid(who) for who, *_ in TRAFFIC} - (
        set() if viewer.sees_everything else _strangers(viewer)
    )
    assert seen >= {oid(who) for who in _known_of(viewer)}
    for number, text, name in people:
        own = books_oids(books)[number]
        assert text == (own if viewer.sees_names or own == viewer.oid else None)
        assert viewer.sees_names or name == f"Person {number:05}"
    if not viewer.sees_everything:
        assert all(
            books_oids(books)[number] == viewer.oid or unit in viewer.units
            for number, unit in spans
        )


def books_oids(books: Books) -> dict[int, str]:
    """Who each surrogate stands for, as the warehouse has it."""
    return dict(
        books.connection.execute(
            "select caller_id, oid from warehouse.directory.callers"
        ).fetchall()
    )


def _known_of(viewer: Viewer) -> set[int]:
    """Callers in the directory whose rows a viewer sees."""
    return {TRAFFIC[number][0] for number in allowed(viewer)} - {0, 4}


def _strangers(viewer: Viewer) -> set[str]:
    """Callers who never were in a unit the viewer sees, and are not the viewer."""
    known = {oid(who) for who, _, unit in TRAFFIC if unit in viewer.units}
    return {oid(who) for who, *_ in TRAFFIC} - known - {viewer.oid or ""}


def test_somebody_without_scope_sees_nothing(books: Books) -> None:
    nobody = Viewer("nobody", sees_names=True)
    for table in ("requests", "ledger", "daily", "coverage", "callers", "ownership"):
        assert view(books, nobody, f"from {table}") == [], table


def test_one_caller_sees_their_own_unit_history_and_no_colleague(books: Books) -> None:
    mover = Viewer("mover", sees_names=True, oid=oid(3))
    assert view(books, mover, "select display_name from callers") == [("Person 3",)]
    spans = view(
        books,
        mover,
        "select unit from ownership inner join units using (unit_id) order by valid_from",
    )
    assert spans == [("CC-1",), ("CC-2",)]


def test_a_unit_sees_who_was_in_it_and_only_while_they_were(books: Books) -> None:
    head = Viewer("head", sees_names=True, units=frozenset({"CC-1"}))
    names = view(books, head, "select display_name from callers order by all")
    assert names == [("Person 1",), ("Person 2",), ("Person 3",)]
    units = view(
        books, head, "select distinct unit from ownership inner join units using (unit_id)"
    )
    assert units == [("CC-1",)]


def test_reports_keep_to_the_scope(books: Books) -> None:
    head = Viewer("head", units=frozenset({"CC-2"}))
    rows = chargeback(books.publication, head, month="2026-10", by=["user"]).records()
    numbers = {text: number for number, text in books_oids(books).items()}
    assert {(row["oid"], row["name"], row["requests"]) for row in rows} == {
        (None, f"Person {numbers[oid(who)]:05}", 1) for who in (3, 5)
    }
    caller = explain(books.publication, head, correlation(4))[0]["caller"]
    assert (caller["oid"], caller["display_name"]) == (None, f"Person {numbers[oid(3)]:05}")
    with pytest.raises(ReportError, match="no published request has the CorrelationId"):
        explain(books.publication, head, correlation(3))


def test_only_the_days_asked_for_are_read(books: Books) -> None:
    with reading(
        books.publication, operator(), first_day=date(2026, 10, 6), last_day=date(2026, 10, 6)
    ) as published:
        rows = published.connection.execute("select correlation_id from requests").fetchall()
    assert sorted(rows) == [(correlation(1),), (correlation(5),), (correlation(7),)]


def test_days_without_a_publication_are_an_error_that_says_what_there_is(books: Books) -> None:
    with (
        pytest.raises(PublicationError, match="published: 2026-10"),
        reading(books.publication, operator(), first_day=date(2027, 1, 1)),
    ):
        pass
    with (
        pytest.raises(PublicationError, match="nothing is published in"),
        reading(books.folder / "nowhere", operator()),
    ):
        pass


@pytest.mark.parametrize(
    ("month", "last"),
    [("2026-10", 31), ("2026-02", 28), ("2028-02", 29), ("9999-12", 31), ("2026-12", 31)],
)
def test_a_month_ends_on_its_last_day(month: str, last: int) -> None:
    first_day, last_day = month_days(month)
    assert (first_day.day, last_day.day) == (1, last)
    assert str(last_day).startswith(month)


@pytest.mark.parametrize(
    "month", ["2026-13", "2026-00", "October", "", "2026", "2026-1", "10-2026"]
)
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(PublicationError, match="is not a month: write it as 2026-10"):
        month_days(month)


def test_a_pinned_state_reads_on_until_it_is_pruned(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        books.land(gateway(1))
        pinned = books.publish()
        count = "select count(*) from requests"
        for number in (2, 3):
            books.land(gateway(number))
            books.publish()
            with reading(books.publication, operator(), manifest=pinned) as published:
                assert published.connection.execute(count).fetchone() == (1,)
            assert view(books, operator(), count) == [(number,)]
        books.land(gateway(4))
        books.publish()
        with (
            pytest.raises(PublicationError, match="publication 1 is gone or damaged: a newer"),
            reading(books.publication, operator(), manifest=pinned),
        ):
            pass


def test_an_empty_tenant_publishes_a_state_without_days(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        manifest = books.publish()
        assert (manifest.sequence, manifest.days) == (1, {})
        with (
            pytest.raises(PublicationError, match="published: no month yet"),
            reading(books.publication, operator()),
        ):
            pass
