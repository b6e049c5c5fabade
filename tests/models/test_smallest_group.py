"""Who sees no names sees no unit, group or team of few people, and cannot work one out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_rows import oid
from hypothesis import given, settings
from hypothesis import strategies as st
from written_publication import Span, Usage, Written, publish_empty, publish_written

from models.chargeback import chargeback
from models.published import reading
from models.viewer import Viewer

DAYS = 3
FEWEST = 3
EVERYTHING = Viewer("analyst", sees_everything=True, smallest_group=FEWEST)
NAMED = replace(EVERYTHING, sees_names=True)
KEYS = {"unit": "unit", "group": "group", "manager": "manager"}
REST = {"unit": "Small units", "group": "Small groups", "manager": "Small teams"}

# Every request costs a power of two, so a sum tells of which it is made.
PEOPLE = st.lists(
    st.tuples(st.integers(0, DAYS - 1), st.integers(1, 9), st.integers(1, 4)),
    min_size=1,
    max_size=16,
    unique=True,
).map(
    lambda drawn: [
        Usage(day, caller, unit, Decimal(2**place), 1 + place % 2)
        for place, (day, caller, unit) in enumerate(drawn)
    ]
)
ALWAYS_SPANS = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 4), st.just(-1), st.just(99)),
    max_size=9,
    unique=True,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_empty(tmp_path_factory.mktemp("small"))


def report(folder: Path, viewer: Viewer, *by: str, roll_up: bool = False) -> list[dict[str, Any]]:
    return chargeback(folder, viewer, month="2026-10", by=by, roll_up=roll_up).records()


def total(rows: Iterable[Mapping[str, Any]]) -> Decimal:
    return sum((row["list_cost_usd"] for row in rows), Decimal(0))


def people_in(amount: Decimal, usage: Sequence[Usage]) -> set[int | None]:
    """Whose requests make an amount."""
    return {used.caller for used in usage if int(amount) & int(used.cost or 0)}


def one_manager_each(spans: list[Span]) -> list[Span]:
    return [span for span in {span[0]: span for span in spans}.values() if span[0] != span[1]]


def by_part(rows: Iterable[Mapping[str, Any]], key: str) -> dict[Any, Decimal]:
    sums: dict[Any, Decimal] = {}
    for row in rows:
        sums[row[key]] = sums.get(row[key], Decimal(0)) + row["list_cost_usd"]
    return sums


@settings(max_examples=30, deadline=None)
@given(
    usage=PEOPLE,
    groups=ALWAYS_SPANS,
    managers=ALWAYS_SPANS.map(one_manager_each),
    tree=st.lists(st.sampled_from([(1, 4, -1, 99), (2, 4, -1, 99), (3, 2, -1, 99)]), unique=True),
    by=st.sampled_from(sorted(KEYS)),
)
def test_no_row_is_about_too_few_people_and_no_two_queries_tell_on_them(
    folder: Path,
    usage: list[Usage],
    groups: list[Span],
    managers: list[Span],
    tree: list[Span],
    by: str,
) -> None:
    written = Written(usage, managers=managers, unit_tree=tree, memberships=groups)
    publish_written(folder, written, days=DAYS)
    everybody = {used.caller for used in usage}
    rows = report(folder, EVERYTHING, by, roll_up=by != "group")
    leaves = [row for row in rows if not row.get("is_roll_up")]
    # then every row is about enough people, unless all together are too few
    for row in rows:
        people = people_in(row["list_cost_usd"], usage) if by != "group" else None
        if people is not None and len(everybody) >= FEWEST:
            assert len(people) >= FEWEST, row
        elif people is not None:
            assert row[by] == REST[by]
    # and the rows make the same total as those with names
    if by != "group":
        assert total(leaves) == total(report(folder, NAMED, by)) == total(_rows(usage))
    # and asked by two keys, the parts are the same: no difference tells of a small one
    finer = report(folder, EVERYTHING, by, "model")
    assert by_part(finer, by) == by_part(leaves, by)
    # and the difference of any two rows of the tree is again about enough people, or nobody
    if by != "group" and len(everybody) >= FEWEST:
        amounts = [int(row["list_cost_usd"]) for row in rows]
        for one in amounts:
            for other in amounts:
                if one & other == other:
                    rest = people_in(Decimal(one - other), usage)
                    assert len(rest) == 0 or len(rest) >= FEWEST


def _rows(usage: Sequence[Usage]) -> list[dict[str, Any]]:
    return [{"list_cost_usd": used.cost} for used in usage]


@settings(max_examples=20, deadline=None)
@given(usage=PEOPLE, groups=ALWAYS_SPANS)
def test_a_group_is_shown_if_enough_of_its_people_were_active(
    folder: Path, usage: list[Usage], groups: list[Span]
) -> None:
    publish_written(folder, Written(usage, memberships=groups), days=DAYS)
    active = {used.caller for used in usage}
    members: dict[str | None, set[Any]] = {}
    for caller in active:
        for group in {f"G{group}" for who, group, *_ in groups if who == caller} or {None}:
            members.setdefault(group, set()).add(caller)
    shown = {row["group"] for row in report(folder, EVERYTHING, "group")}
    large = {group for group, people in members.items() if len(people) >= FEWEST}
    assert shown - {"Small groups"} <= large
    # at most one large group is given up to hide the small ones
    assert len(large - shown) <= 1
    hidden = set().union(*(members[group] for group in members.keys() - shown))
    assert not hidden or len(hidden) >= FEWEST or not large & shown


def test_every_query_shows_the_same_parts(folder: Path) -> None:
    # given a unit of three people and one of a single person, who is hidden behind the first
    usage = [Usage(0, caller, 1) for caller in (1, 2, 3)] + [Usage(0, 4, 2)]
    usage += [Usage(0, caller, 3) for caller in (5, 6, 7, 8)]
    publish_written(folder, Written(usage), days=DAYS)
    with reading(folder, EVERYTHING) as published:
        for table in ("daily", "billed_daily", "caller_lines", "ownership"):
            published.connection.execute("set variable by_unit = true")
            units = published.connection.execute(
                f"select distinct unit from {table} left join units using (unit_id) order by unit"
            ).fetchall()
            assert units == [("Small units",), ("U3",)], table


def test_people_see_their_own_rows_whole(folder: Path) -> None:
    usage = [Usage(0, 1, 1)] + [Usage(0, caller, 2) for caller in (2, 3)]
    publish_written(folder, Written(usage, memberships=[(1, 1, -1, 99)]), days=DAYS)
    head = Viewer("head", units=frozenset({"U1", "U2"}), oid=oid(1), smallest_group=FEWEST)
    rows = {(row["oid"], row["unit"]) for row in report(folder, head, "user", "unit")}
    assert rows == {(oid(1), "U1"), (None, "Small units")}
    alone = Viewer("alone", oid=oid(2), smallest_group=FEWEST)
    assert [row["unit"] for row in report(folder, alone, "unit")] == ["U2"]
    assert [row["group"] for row in report(folder, head, "group")] == ["Small groups", "G1"]


def test_people_have_pseudonyms_and_no_object_ids(folder: Path) -> None:
    usage = [Usage(0, caller, 1) for caller in range(1, 7)]
    written = Written(usage, managers=[(caller, 6, -1, 99) for caller in range(1, 6)])
    publish_written(folder, written, days=DAYS)
    names = {(row["oid"], row["name"]) for row in report(folder, EVERYTHING, "user")}
    assert names == {(None, f"Person {number:05}") for number in range(1, 7)}
    (team, *_) = report(folder, EVERYTHING, "manager")
    assert (team["manager_oid"], team["manager"]) in {(None, "Person 00006"), (None, "Small teams")}
    with reading(folder, EVERYTHING) as published:
        for table in ("callers", "ownership", "managers", "memberships"):
            text = str(published.connection.execute(f"from {table}").fetchall())
            assert "Name" not in text, table
            assert "-4000-8000-" not in text, table


def test_one_person_is_enough_where_the_settings_say_so(folder: Path) -> None:
    publish_written(folder, Written([Usage(0, 1, 1), Usage(0, 2, 2)]), days=DAYS)
    viewer = replace(EVERYTHING, smallest_group=1)
    assert {row["unit"] for row in report(folder, viewer, "unit")} == {"U1", "U2"}
