"""The directory's history in two times, from rounds that tell only what is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from core_rows import Books, gateway, oid, open_books, person, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.directory import LINK_KEPT, Round, Sync, marks, record, record_sync
from models.seeds import ALWAYS, FOREVER

START = datetime(2026, 10, 1, tzinfo=UTC)
REMOVED = {"@removed": {"reason": "deleted"}}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def at(hour: int) -> str:
    return (START + timedelta(hours=hour)).isoformat()


def naive(hour: int) -> datetime:
    return (START + timedelta(hours=hour)).replace(tzinfo=None)


def known(books: Books, known_at: datetime | None = None) -> list[tuple[Any, ...]]:
    """(cost center, deleted, valid from, valid to) of caller 1, as known at a time."""
    moment = known_at or FOREVER - timedelta(days=1)
    return books.connection.execute(
        "select cost_center, deleted, valid_from, valid_to from warehouse.directory.principals"
        " where oid = $oid and recorded_from <= $at and $at < recorded_to order by valid_from",
        {"oid": oid(1), "at": moment},
    ).fetchall()


def in_center(name: str | None, **more: Any) -> dict[str, Any]:
    return person(1, employeeOrgData={"costCenter": name}, **more)


def test_a_move_is_valid_from_when_it_was_seen_and_the_past_stays_known(books: Books) -> None:
    assert books.observe(in_center("CC-1"), at=at(0)) == 1
    assert books.observe(in_center("CC-2"), at=at(5)) == 1
    assert known(books) == [
        ("CC-1", False, ALWAYS, naive(5)),
        ("CC-2", False, naive(5), FOREVER),
    ]
    # what a report of that time had to say can be said again
    assert known(books, naive(4)) == [("CC-1", False, ALWAYS, FOREVER)]


def test_the_same_round_twice_changes_nothing(books: Books) -> None:
    books.observe(in_center("CC-1"), person(2), at=at(0))
    before = rows_of(books.connection, "from warehouse.directory.principals order by all")
    assert books.observe(in_center("CC-1"), person(2), at=at(1)) == 0
    assert books.observe(person(2), in_center("CC-1"), at=at(2), is_full=True) == 0
    after = rows_of(books.connection, "from warehouse.directory.principals order by all")
    assert before == after


def test_a_removed_person_keeps_the_last_unit_and_may_come_back(books: Books) -> None:
    books.observe(in_center("CC-1"), at=at(0))
    books.observe({"id": oid(1)} | REMOVED, at=at(1))
    books.observe({"id": oid(1)} | REMOVED, at=at(2))
    books.observe(in_center("CC-3"), at=at(3))
    assert known(books) == [
        ("CC-1", False, ALWAYS, naive(1)),
        ("CC-1", True, naive(1), naive(3)),
        ("CC-3", False, naive(3), FOREVER),
    ]


def test_a_full_round_finds_who_vanished_while_nobody_looked(books: Books) -> None:
    books.observe(in_center("CC-1"), person(2), at=at(0))
    record(
        books.connection, "servicePrincipals", "service_principal", [{"id": oid(7)}],
        is_full=True, next_link="s", observed_at=START,
    )  # fmt: skip
    assert books.observe(person(2), at=at(1), is_full=True) == 1
    assert known(books)[-1] == ("CC-1", True, naive(1), FOREVER)
    others = rows_of(
        books.connection, "from warehouse.directory.principals where oid <> $$" + oid(1) + "$$"
    )
    assert {row["deleted"] for row in others} == {False}
    # an empty directory is a full round too
    assert books.observe(at=at(2), is_full=True) == 1


def test_the_last_of_several_objects_in_a_round_counts_and_a_nameless_one_does_not(
    books: Books,
) -> None:
    books.observe(in_center("CC-1"), {"displayName": "no id"}, in_center("CC-2"), at=at(0))
    assert known(books) == [("CC-2", False, ALWAYS, FOREVER)]
    upper = in_center("CC-3") | {"id": oid(1).upper()}
    books.observe(upper, {"id": ""}, at=at(1))
    assert known(books)[-1][0] == "CC-3"
    oids = rows_of(books.connection, "select distinct oid from warehouse.directory.principals")
    assert len(oids) == 1


def test_a_quiet_hour_costs_no_write_until_the_link_grows_old(books: Books) -> None:
    def round_of(link: str, hour: float, *people: dict[str, Any]) -> None:
        record(
            books.connection, "users", "user", people,
            is_full=False, next_link=link, observed_at=START + timedelta(hours=hour),
        )  # fmt: skip

    assert "users" not in marks(books.connection)
    round_of("one", 0, person(1))
    round_of("two", 1)
    assert marks(books.connection)["users"] == "one"
    round_of("three", 2, person(2))
    assert marks(books.connection)["users"] == "three"
    round_of("four", 2 + LINK_KEPT / timedelta(hours=1))
    assert marks(books.connection)["users"] == "four"


def test_whom_the_log_knows_and_only_the_bin_remembers_is_taken_from_it(books: Books) -> None:
    books.land(gateway(1, "2026-10-02T10:00:00Z"))
    bin_of_two = [
        person(number, deletedDateTime="2026-09-30T12:00:00Z", department="\u3000Tools\t")
        for number in (1, 2)
    ]
    full = Round("users", "user", [person(3)], "next", is_full=True)
    assert record_sync(books.connection, Sync((full,), bin_of_two), START) == 2
    assert known(books) == [("CC-1", True, ALWAYS, FOREVER)]
    assert rows_of(
        books.connection,
        "select distinct oid, department, deleted_at from warehouse.directory.principals"
        " where deleted",
    ) == [{"oid": oid(1), "department": "Tools", "deleted_at": naive(-12)}]
    # whoever is there again was not deleted, whatever the bin said a moment ago
    back = Round("users", "user", [person(1)], "next", is_full=False)
    assert record_sync(books.connection, Sync((back,), bin_of_two), START + LINK_KEPT) == 1
    assert known(books)[-1][1] is False


def test_a_round_that_breaks_off_leaves_nothing(books: Books) -> None:
    with pytest.raises(Exception, match="NOT NULL"):
        record(
            books.connection, "users", "user", [person(1)],
            is_full=True, next_link=None, observed_at=START,
        )  # fmt: skip
    assert known(books) == []
    assert "users" not in marks(books.connection)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seen=st.lists(st.sampled_from(["CC-1", "CC-2", None, "removed"]), min_size=1, max_size=6))
def test_at_every_moment_one_row_holds_and_it_is_what_was_seen_then(
    books: Books, seen: list[str | None]
) -> None:
    books.connection.execute("delete from warehouse.directory.principals")
    for hour, what in enumerate(seen):
        removed = what == "removed"
        books.observe({"id": oid(1)} | REMOVED if removed else in_center(what), at=at(hour))
    for known_after in range(len(seen)):
        history = known(books, naive(known_after))
        assert [row[2] for row in history] == [ALWAYS, *(row[3] for row in history[:-1])]
        assert history[-1][3] == FOREVER
        for hour in range(known_after + 1):
            (row,) = [row for row in history if row[2] <= naive(hour) < row[3]]
            assert row[1] == (seen[hour] == "removed")
            if seen[hour] != "removed":
                assert row[0] == seen[hour]
