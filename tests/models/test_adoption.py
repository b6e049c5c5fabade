"""Adoption of a small tenant in which every figure is counted by hand."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from adoption_rows import CODE, DESKTOP, assign, group, group_oid, use
from core_rows import Books, Row, oid, open_books, person

from models.adoption import KEYS, adoption
from models.clock import Clock
from models.errors import PublicationError, ReportError
from models.published import Answer
from models.viewer import Viewer, operator

PRICE = Decimal("0.003")  # of every request: 1,000 tokens at 2 USD and 100 at 10 USD per million
WAVE, BOT = 1, 9

# (person, moment, user agent): 1 to 11 are people and one service, 0 is nobody the gateway knows
CALLS = (
    (1, "09-20T12:00", CODE.format(10)),
    (1, "10-05T12:00", CODE.format(14)),
    (1, "10-12T12:00", DESKTOP.format(2)),
    (2, "10-06T12:00", CODE.format(14)),
    (4, "10-07T12:00", "Anthropic/Python 0.109"),
    (5, "09-10T12:00", CODE.format(10)),
    (5, "10-01T23:59", None),
    (6, "09-03T12:00", CODE.format(10)),
    (6, "10-09T23:00", CODE.format(10)),
    (6, "10-10T01:00", CODE.format(10)),
    (8, "10-02T12:00", DESKTOP.format(2)),
    (8, "10-26T12:00", "Bun/1.3.2"),
    (BOT, "10-05T12:00", CODE.format(14)),
    (0, "10-05T12:00", CODE.format(14)),
)


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """October 2026 of ten people, of whom one leaves, one moves and one has no assignment."""
    with open_books(tmp_path_factory.mktemp("adoption")) as books:
        books.observe(*(person(number) for number in range(1, 12) if number != BOT))
        books.observe(person(8, employeeOrgData={"costCenter": "CC-2"}), at="2026-10-20T00:00:00Z")
        removed = {"id": oid(6), "@removed": {"reason": "changed"}}
        books.observe(removed, at="2026-10-10T00:00:00Z")
        make_service(books, BOT)
        members = {"p1": (None, None), "p2": ("10-05T12", None), "p10": (None, "10-20T00")}
        assign(books, group(books, WAVE, "Wave 1", p11=(None, None), **members))
        for number in (1, 3, 5, 6, 8, BOT):
            assign(books, oid(number))
        assign(books, oid(7), until="10-15T00")
        use(books, *CALLS)
        books.publish()
        yield books


def make_service(books: Books, number: int) -> None:
    """Turn a principal into a service that the directory knows."""
    books.connection.execute(
        "insert into warehouse.directory.principals by name"
        " select * replace (? as oid, 'service_principal' as kind, 'build-runner' as display_name)"
        " from warehouse.directory.principals where oid = ? limit 1",
        [oid(number), oid(1)],
    )


def report(books: Books, *by: str, month: str = "2026-10", **asked: Any) -> Answer:
    return adoption(books.publication, asked.pop("viewer", operator()), month=month, by=by, **asked)


def states(books: Books, **asked: Any) -> dict[str, str]:
    return {row["oid"]: row["state"] for row in report(books, "user", **asked).records()}


def row_of(books: Books, number: int) -> Row:
    (found,) = [row for row in report(books, "user").records() if row["oid"] == oid(number)]
    return found


def test_everybody_is_in_one_state(books: Books) -> None:
    assert states(books) == {
        oid(1): "active",
        oid(2): "active",
        oid(3): "never_used",
        oid(4): "not_entitled_active",
        oid(5): "active",
        oid(6): "after_leaving",
        oid(7): "assignment_ended",
        oid(8): "active",
        oid(BOT): "active",
        oid(10): "assignment_ended",
        oid(11): "never_used",
    }


def test_a_unit_counts_the_people_who_were_in_it_at_the_months_end(books: Books) -> None:
    assert report(books, "unit").records() == [
        {
            "unit": "CC-1",
            "entitled": 8,  # 1, 2, 3, 5, 6, 7, 10, 11
            "active": 5,  # 1, 2, 4, 5, 6
            "active_share": Decimal("0.5"),  # without 4
            "never_used": 2,  # 3, 11; 7 and 10 were not entitled any more
            "dormant": 1,  # 5 used it on the first of October, the thirty-first day before its end
            "active_without_assignment": 1,
            "after_leaving": 1,
            "requests": 7,
            "list_cost_usd": 7 * PRICE,
            "cost_per_active_usd": 7 * PRICE / 5,
        },
        {
            "unit": "CC-2",
            "entitled": 1,
            "active": 1,
            "active_share": Decimal(1),
            "never_used": 0,
            "dormant": 0,
            "active_without_assignment": 0,
            "after_leaving": 0,
            "requests": 2,  # the one before the move among them
            "list_cost_usd": 2 * PRICE,
            "cost_per_active_usd": 2 * PRICE,
        },
    ]


def test_users_tell_how_they_may_and_what_they_did(books: Books) -> None:
    assert row_of(books, 1) == {
        "oid": oid(1),
        "name": "Person 1",
        "unit": "CC-1",
        "kind": "member",
        "state": "active",
        "entitled_by": "direct; Wave 1",
        "left_at": None,
        "first_use": date(2026, 9, 20),
        "last_use": date(2026, 10, 12),
        "active_days": 2,
        "requests": 2,
        "list_cost_usd": 2 * PRICE,
        "client": "Claude Desktop",
        "client_version": "1.6.2",
    }
    assert row_of(books, 4)["entitled_by"] == ""
    assert row_of(books, 6)["left_at"] == datetime(2026, 10, 10)  # noqa: DTZ001 (tables hold naive UTC)
    assert (row_of(books, 8)["client"], row_of(books, 8)["client_version"]) == (
        "Claude Desktop",
        None,
    )
    assert row_of(books, BOT)["kind"] == "service_principal"
    assert row_of(books, 3)["list_cost_usd"] == 0


def test_weeks_are_cut_at_the_month(books: Books) -> None:
    rows = report(books, "week").records()
    told = [(row["week"], row["entitled"], row["active"], row["first_time"]) for row in rows]
    assert told == [
        (date(2026, 9, 28), 8, 2, 1),  # 2 is in the group from 5 October on; 5 and 8 use it
        (date(2026, 10, 5), 9, 4, 2),  # 1, 2, 4, 6; 2 and 4 for the first time
        (date(2026, 10, 12), 9, 1, 0),
        (date(2026, 10, 19), 8, 0, 0),  # without 7; 10 still on the Monday
        (date(2026, 10, 26), 7, 1, 0),
    ]
    assert [row["requests"] for row in rows] == [2, 5, 1, 0, 1]
    assert [row["cost_per_active_usd"] for row in rows] == [
        PRICE, 5 * PRICE / 4, PRICE, None, PRICE,
    ]  # fmt: skip
    by_unit = report(books, "week", "unit").records()
    assert [row["active"] for row in by_unit if row["unit"] == "CC-2"] == [1, 0, 0, 0, 1]
    for column in ("requests", "list_cost_usd", "entitled", "active"):
        assert sum(row[column] for row in by_unit) == sum(row[column] for row in rows)


def test_clients_have_versions(books: Books) -> None:
    rows = report(books, "client").records()
    assert [tuple(row.values()) for row in rows] == [
        ("Claude Code", "2.1.14", 2, 2, 2 * PRICE),
        ("Claude Code", "2.1.10", 1, 2, 2 * PRICE),
        ("Claude Desktop", "1.6.2", 2, 2, 2 * PRICE),
        ("Claude Desktop", None, 1, 1, PRICE),
        ("Other", None, 1, 1, PRICE),
        ("Unknown", None, 1, 1, PRICE),
    ]


def test_cohorts_come_back_or_do_not(books: Books) -> None:
    rows = report(books, "cohort").records()
    assert [tuple(row.values()) for row in rows] == [
        ("2026-09", "2026-09", 3, 3, Decimal(1)),
        ("2026-09", "2026-10", 3, 3, Decimal(1)),
        ("2026-10", "2026-10", 3, 3, Decimal(1)),
    ]
    before = report(books, "cohort", month="2026-09").records()
    assert [tuple(row.values()) for row in before] == [("2026-09", "2026-09", 3, 3, Decimal(1))]


def test_a_rollout_group_tells_who_has_arrived(books: Books) -> None:
    assert report(books, "group").records() == [
        {
            "group": "Wave 1",
            "group_oid": group_oid(WAVE),
            "members": 3,  # 10 left it
            "arrived": 2,
            "not_arrived": 1,
            "arrived_share": Decimal("0.666667"),
            "first_arrival": date(2026, 9, 20),
            "last_arrival": date(2026, 10, 6),
        }
    ]
    assert [row["oid"] for row in report(books, "user", "group").records()] == [oid(11)]
    named = report(books, "group", rollout_groups=[group_oid(WAVE).upper()]).records()
    assert named == report(books, "group").records()
    assert report(books, "group", rollout_groups=[group_oid(7)]).rows == []


def test_what_is_not_offered_is_refused_with_what_is(books: Books) -> None:
    for by in (["model"], ["unit", "user"], []):
        with pytest.raises(ReportError, match=r"choose from unit; week; unit,week; user; client"):
            report(books, *by)
    with pytest.raises(PublicationError, match="published: 2026-09, 2026-10"):
        report(books, "unit", month="2026-11")
    with pytest.raises(PublicationError, match="is not a month"):
        report(books, "unit", month="2026-13")


def test_no_name_reaches_who_may_see_none(books: Books) -> None:
    nameless = Viewer("works council", sees_everything=True, smallest_group=5)
    for by in KEYS:
        rows = report(books, *by.split(","), viewer=nameless).records()
        assert not {oid(n) for n in range(12)} & {row.get("oid") for row in rows}, by
        assert "Person 1" not in {row.get("name") for row in rows}, by
    (only,) = report(books, "unit", viewer=nameless).records()
    assert (only["unit"], only["entitled"], only["requests"]) == ("Small units", 9, 9)


def test_a_lead_sees_the_people_of_the_unit_alone(books: Books) -> None:
    lead = Viewer("lead", sees_names=True, units=frozenset({"CC-2"}))
    assert states(books, viewer=lead) == {oid(8): "active"}
    assert states(books, viewer=Viewer("nobody", sees_names=True)) == {}


def test_without_assignments_nobody_is_called_entitled_or_not(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        books.observe(person(1))
        use(books, (1, "10-05T12:00"))
        books.publish()
        (row,) = report(books, "unit").records()
        unknown = ("entitled", "active_share", "never_used", "dormant", "active_without_assignment")
        assert [row[name] for name in unknown] == [None] * 5
        assert (row["active"], row["after_leaving"], row["requests"]) == (1, 0, 1)
        assert states(books) == {oid(1): "active"}
        assert {row["entitled"] for row in report(books, "week").records()} == {None}
        assert report(books, "user").records()[0]["entitled_by"] is None


def test_a_month_that_goes_on_ends_where_knowledge_does(tmp_path: Path) -> None:
    with open_books(tmp_path) as opened:
        books = Books(opened.connection, opened.folder, Clock(datetime(2026, 10, 8, tzinfo=UTC)))
        books.observe(person(1), person(2), person(3), at="2026-09-01T00:00:00Z")
        for number in (1, 2, 3):
            assign(books, oid(number), since="09-01T00")
        use(books, (1, "09-20T12:00"), (2, "09-07T12:00"), (3, "10-05T12:00"))
        books.publish()
        assert states(books) == {oid(1): "quiet", oid(2): "dormant", oid(3): "active"}
        assert [row["week"] for row in report(books, "week").records()] == [
            date(2026, 9, 28),
            date(2026, 10, 5),
        ]


@pytest.mark.parametrize(
    ("removed_at", "deleted_at", "expected"),
    [
        ("10-10T00", None, "active"),  # the request of the day before came first
        ("10-10T00", "2026-10-09T12:00:00Z", "after_leaving"),  # Graph says when it was
        ("10-10T00", "2026-08-01T00:00:00Z", "active"),  # before what is known of the person
    ],
)
def test_graphs_own_time_of_deletion_counts(
    tmp_path: Path, removed_at: str, deleted_at: str | None, expected: str
) -> None:
    with open_books(tmp_path) as books:
        books.observe(person(1), at="2026-09-01T00:00:00Z")
        books.observe(person(1, accountEnabled=False), at="2026-09-02T00:00:00Z")
        books.observe(person(1), at="2026-09-03T00:00:00Z")
        gone = {"id": oid(1), "@removed": {"reason": "changed"}, "deletedDateTime": deleted_at}
        books.observe(gone, at=f"2026-{removed_at}:00:00Z")
        assign(books, oid(1))
        use(books, (1, "10-09T18:00"))
        books.publish()
        assert states(books) == {oid(1): expected}


def test_nobody_is_held_to_have_left_before_they_were_first_seen_so(tmp_path: Path) -> None:
    with open_books(tmp_path) as books:
        books.observe(person(1, accountEnabled=False), at="2026-10-10T00:00:00Z")
        assign(books, oid(1))
        use(books, (1, "10-09T12:00"))
        books.publish()
        assert states(books) == {oid(1): "active"}
