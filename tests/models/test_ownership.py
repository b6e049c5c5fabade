"""Ownership rules over the directory's history, held against a reading of them in plain Python."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from core_rows import (
    Books,
    correlation,
    gateway,
    oid,
    open_books,
    person,
    rows_of,
    write_seed,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.ownership import DECIDING_SEEDS, refresh_ownership, resolve
from models.seed_loading import load_seeds
from models.seeds import ALWAYS, FOREVER

START = datetime(2026, 10, 5, tzinfo=UTC)
GROUP, OTHER_GROUP = oid(71), oid(72)
RULE_COLUMNS = (
    "position", "rule", "principals", "attribute", "value", "levels", "unit",
    "valid_from", "valid_to", "recorded_from", "recorded_to", "source",
)  # fmt: skip


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def rule(position: int, attribute: str, **changes: Any) -> dict[str, str]:
    row = dict.fromkeys(RULE_COLUMNS, "") | {
        "position": str(position),
        "rule": f"rule {position}",
        "attribute": attribute,
        "source": "reviewed",
    }
    return row | {name: str(value) for name, value in changes.items()}


def dated(**columns: Any) -> dict[str, str]:
    row = dict.fromkeys(("valid_from", "valid_to", "recorded_from", "recorded_to"), "")
    return row | {name: str(value) for name, value in columns.items()} | {"source": "reviewed"}


def at(hours: float) -> str:
    return (START + timedelta(hours=hours)).isoformat()


def naive(hours: float) -> datetime:
    return (START + timedelta(hours=hours)).replace(tzinfo=None)


def caller(number: int) -> str:
    return json.dumps({"x-caller-oid": oid(number)})


def link(
    books: Books,
    kind: str,
    source: str,
    target: str,
    since: datetime = ALWAYS,
    until: datetime = FOREVER,
) -> None:
    books.connection.execute(
        "insert into warehouse.directory.links values (?, ?, ?, ?, ?, ?, ?)",
        [kind, source, target, since, until, ALWAYS, FOREVER],
    )


def put(books: Books, name: str, *rows: dict[str, str]) -> None:
    """Replace a seed, also by an empty one."""
    if rows:
        books.seed(name, *rows)
        return
    columns = next(seed.columns for seed in DECIDING_SEEDS if seed.file_name == name)
    file = books.folder / "seeds" / name
    file.write_text(",".join([*columns, "source"]) + "\n", encoding="utf-8")
    load_seeds(books.connection, books.folder / "seeds")


def units(books: Books, number: int) -> list[tuple[str, str, datetime, datetime]]:
    """(unit, rule, from, to) of a person, resolved anew."""
    resolve(books.connection, books.clock.now())
    return books.connection.execute(
        "select unit, unit_rule, valid_from, valid_to from ownership.resolved"
        " where oid = ? order by valid_from",
        [oid(number)],
    ).fetchall()


# --- one rule at a time ---------------------------------------------------------------------------


def test_the_first_rule_that_holds_decides_and_what_none_decides_is_visible(books: Books) -> None:
    put(
        books,
        "ownership_rules.csv",
        rule(5, "company", value="Contoso", unit="Subsidiary"),
        rule(10, "extensionAttribute3"),
        rule(20, "department"),
    )
    books.observe(
        person(1, companyName="Contoso"),
        person(2, onPremisesExtensionAttributes={"extensionAttribute3": "EXT-9"}),
        person(3, companyName="Fabrikam"),
        person(4, department=None),
    )
    always = (ALWAYS, FOREVER)
    assert units(books, 1) == [("Subsidiary", "rule 5", *always)]
    assert units(books, 2) == [("EXT-9", "rule 10", *always)]
    assert units(books, 3) == [("Tools", "rule 20", *always)]
    assert units(books, 4) == [("Unassigned", "last_resort", *always)]


def test_raw_values_become_units_for_as_long_as_the_map_says(books: Books) -> None:
    put(
        books,
        "unit_names.csv",
        dated(attribute="cost_center", value="CC-1", unit="Platform", valid_from=at(5)),
        dated(attribute="cost_center", value="CC-2", unit="Platform"),
        dated(attribute="department", value="CC-1", unit="Elsewhere"),
    )
    books.observe(person(1))
    assert units(books, 1) == [
        ("CC-1", "cost_center", ALWAYS, naive(5)),
        ("Platform", "cost_center", naive(5), FOREVER),
    ]
    # a merge of two values is one unit, and going from one to the other is no move
    books.observe(person(1, employeeOrgData={"costCenter": "CC-2"}), at=at(9))
    assert [unit for unit, *_ in units(books, 1)] == ["CC-1", "Platform", "Platform"]


def test_in_two_groups_the_one_whose_rule_comes_first_counts(books: Books) -> None:
    put(
        books,
        "ownership_rules.csv",
        rule(10, "group", value=OTHER_GROUP, unit="Second"),
        rule(5, "group", value=GROUP, unit="First"),
        rule(20, "cost_center"),
    )
    books.observe(person(1))
    link(books, "member", OTHER_GROUP, oid(1))
    link(books, "member", GROUP, oid(1), naive(2), naive(4))
    assert units(books, 1) == [
        ("Second", "rule 10", ALWAYS, naive(2)),
        ("First", "rule 5", naive(2), naive(4)),
        ("Second", "rule 10", naive(4), FOREVER),
    ]


def test_a_unit_is_inherited_from_the_nearest_manager_who_has_one(books: Books) -> None:
    nobodys = {"employeeOrgData": None, "department": None}
    put(books, "ownership_rules.csv", rule(10, "cost_center"), rule(20, "manager", levels=2))
    books.observe(person(1), *(person(number, **nobodys) for number in (2, 3, 4)))
    for below, above in ((2, 1), (3, 2), (4, 3)):
        link(books, "manager", oid(below), oid(above))
    assert [units(books, number)[0][0] for number in (1, 2, 3, 4)] == [
        "CC-1",
        "CC-1",
        "CC-1",
        "Unassigned",
    ]


def test_everyone_below_a_person_can_be_a_unit(books: Books) -> None:
    put(books, "ownership_rules.csv", rule(10, "reports_to", value=oid(1), unit="Division"))
    books.observe(*(person(number) for number in range(1, 5)))
    for below, above in ((2, 1), (3, 2)):
        link(books, "manager", oid(below), oid(above))
    found = [units(books, number)[0][0] for number in (1, 2, 3, 4)]
    assert found == ["Division", "Division", "Division", "Unassigned"]


def test_managers_in_a_circle_end_the_search(books: Books) -> None:
    nobodys = {"employeeOrgData": None, "department": None}
    put(
        books,
        "ownership_rules.csv",
        rule(10, "cost_center"),
        rule(20, "reports_to", value=oid(1), unit="Circle"),
        rule(30, "manager"),
    )
    books.observe(*(person(number, **nobodys) for number in (1, 2, 3, 8, 9)))
    for below, above in ((1, 2), (2, 3), (3, 1), (8, 9), (9, 8)):
        link(books, "manager", oid(below), oid(above))
    assert [units(books, number)[0][0] for number in (1, 2, 3)] == ["Circle"] * 3
    assert [units(books, number)[0][0] for number in (8, 9)] == ["Unassigned"] * 2


def test_services_and_guests_belong_to_whom_the_seeds_name(books: Books) -> None:
    put(
        books,
        "ownership_rules.csv",
        rule(10, "always", principals="guest", unit="Visitors"),
        rule(20, "cost_center"),
        rule(30, "oid", value=oid(3), unit="Build farm"),
        rule(40, "owner", principals="all"),
    )
    put(books, "owners.csv", dated(oid=oid(4), owner_oid=oid(1), valid_to=at(6)))
    books.observe(person(1), person(2, userType="Guest"), person(3, employeeOrgData=None))
    assert units(books, 2)[0][0] == "Visitors"
    assert units(books, 3)[0][0] == "Build farm"
    # the directory need not know a service that has an owner
    assert units(books, 4) == [
        ("CC-1", "rule 40", ALWAYS, naive(6)),
        ("Unassigned", "last_resort", naive(6), FOREVER),
    ]


def test_finance_can_put_a_person_elsewhere_and_take_it_back(books: Books) -> None:
    books.observe(person(1))
    correction = dated(oid=oid(1), unit="CC-1200", valid_from=at(1), valid_to=at(8))
    put(books, "unit_corrections.csv", correction)
    corrected = [
        ("CC-1", "cost_center", ALWAYS, naive(1)),
        ("CC-1200", "correction", naive(1), naive(8)),
        ("CC-1", "cost_center", naive(8), FOREVER),
    ]
    assert units(books, 1) == corrected
    put(books, "unit_corrections.csv", correction | {"recorded_to": "2026-11-02"})
    assert units(books, 1) == corrected
    books.clock.move(datetime(2026, 11, 3, tzinfo=UTC))
    assert units(books, 1) == [("CC-1", "cost_center", ALWAYS, FOREVER)]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (rule(1, "costcenter"), "line 2: attribute 'costcenter' is unknown"),
        (rule(1, "group", unit="A"), "line 2: value '' is no object id"),
        (rule(1, "group", value=oid(1)), "line 2: unit is empty"),
        (rule(1, "manager", unit="A"), "line 2: unit is inherited"),
        (rule(1, "cost_center", levels=2), "line 2: levels says nothing"),
        (rule(1, "manager", levels=0), "line 2: levels 0 is not between"),
        (rule(1, "owner", value="x"), "line 2: value says nothing"),
        (rule(1, "company", rule="last_resort"), "line 2: rule 'last_resort' is a name"),
        (rule(1, "company", principals="robots"), "line 2: principals 'robots' is unknown"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_named(
    tmp_path: Path, wrong: dict[str, str], says: str, books: Books
) -> None:
    write_seed(tmp_path / "seeds", "ownership_rules.csv", [wrong])
    with pytest.raises(Exception, match=says):
        load_seeds(books.connection, tmp_path / "seeds")


# --- what has to be built again -------------------------------------------------------------------


def call(number: int, day: int, hour: int = 10) -> dict[str, Any]:
    at_ = f"2026-10-{day:02}T{hour:02}:00:00Z"
    return gateway(100 * number + day, at_, backend_request_headers=caller(number))


def dirty_after(books: Books) -> set[int]:
    books.connection.execute("delete from warehouse.run.dirty_days")
    refresh_ownership(books.connection, books.clock.now())
    days = books.connection.execute("select usage_day from warehouse.run.dirty_days").fetchall()
    return {day.day for (day,) in days}


def test_only_days_of_those_who_moved_are_built_again(books: Books) -> None:
    books.observe(person(1), person(2), at="2026-10-01T00:00:00Z")
    books.land(*(call(1, day) for day in (3, 5, 7)), *(call(2, day) for day in (4, 6)))
    dirty_after(books)
    assert dirty_after(books) == set()
    # a move today touches no past day
    books.observe(person(1, employeeOrgData={"costCenter": "CC-2"}), at="2026-10-07T00:00:00Z")
    assert dirty_after(books) == {7}
    # a new name moves nobody
    books.observe(person(2, displayName="New Name"), at="2026-10-07T01:00:00Z")
    assert dirty_after(books) == set()
    # a correction of the past touches the days it is about
    put(
        books,
        "unit_corrections.csv",
        dated(oid=oid(1), unit="CC-9", valid_from="2026-10-04", valid_to="2026-10-06"),
    )
    assert dirty_after(books) == {5}
    # and taking it back touches them again
    put(books, "unit_corrections.csv")
    assert dirty_after(books) == {5}
    # the last resort by another name is still the last resort
    put(books, "ownership_rules.csv", rule(1, "cost_center"))
    assert dirty_after(books) == set()


def test_a_correction_books_the_past_anew_and_no_day_beside_it(books: Books) -> None:
    books.observe(person(1))
    books.land(*(call(1, day) for day in (3, 5, 7)))
    books.publish()
    before = dict(books.publish().days)
    put(books, "unit_corrections.csv", dated(oid=oid(1), unit="CC-9", valid_from="2026-10-05"))
    after = dict(books.publish().days)
    assert {day for day in after if after[day] != before[day]} == {"2026-10-05", "2026-10-07"}
    booked = books.book(first_day=START.date() - timedelta(days=2), last_day=START.date())
    assert booked[correlation(103)]["unit"] == "CC-1"
    assert booked[correlation(105)]["unit"] == "CC-9"


# --- any rules over any history -------------------------------------------------------------------

HOURS = 8
PEOPLE = range(1, 6)


@dataclass
class World:
    """What is true of every person at every hour, as plain dicts by (person, hour)."""

    texts: dict[tuple[int, int, str], str | None] = field(default_factory=dict)
    managers: dict[tuple[int, int], int | None] = field(default_factory=dict)
    members: set[tuple[str, int, int]] = field(default_factory=set)
    corrections: dict[tuple[int, int], str] = field(default_factory=dict)
    owners: dict[tuple[int, int], int] = field(default_factory=dict)


def said_by(world: World, rules: list[dict[str, str]], who: int, hour: int) -> str | None:
    """The unit by correction or by the first rule that needs nobody else's unit."""
    if (who, hour) in world.corrections:
        return world.corrections[who, hour]
    for one in rules:
        unit = direct(world, one, who, hour)
        if unit is not None:
            return unit
    return None


def direct(world: World, one: dict[str, str], who: int, hour: int) -> str | None:
    kind, value = one["attribute"], one["value"]
    if kind in {"cost_center", "department"}:
        text = world.texts.get((who, hour, kind))
        return (one["unit"] or text) if text and value in {"", text} else None
    if kind == "group":
        return one["unit"] if (value, who, hour) in world.members else None
    if kind == "oid":
        return one["unit"] if oid(who) == value else None
    if kind == "reports_to":
        above, levels = who, int(one["levels"] or 20)
        for _ in range(levels + 1):
            if oid(above) == value:
                return one["unit"]
            following = world.managers.get((above, hour))
            if following is None:
                return None
            above = following
    return None


def unit_of(world: World, rules: list[dict[str, str]], who: int, hour: int) -> str:
    ordered = sorted(rules, key=lambda one: int(one["position"]))
    if (who, hour) in world.corrections:
        return world.corrections[who, hour]
    for one in ordered:
        unit = direct(world, one, who, hour)
        if one["attribute"] == "always":
            unit = one["unit"]
        if one["attribute"] == "owner" and (who, hour) in world.owners:
            unit = said_by(world, ordered, world.owners[who, hour], hour)
        if one["attribute"] == "manager":
            above: int | None = who
            for _ in range(int(one["levels"] or 20)):
                above = world.managers.get((above, hour)) if above is not None else None
                unit = said_by(world, ordered, above, hour) if above is not None else None
                if unit is not None:
                    break
        if unit is not None:
            return unit
    return "Unassigned"


_texts = st.sampled_from([None, None, "A", "B"])
_SPANS = st.tuples(st.integers(0, HOURS - 1), st.integers(1, HOURS))
_SELDOM = st.integers(0, 3).map(lambda number: number == 0)


def hours_of(span: tuple[int, int]) -> range:
    first, length = span
    return range(first, min(first + length, HOURS))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    world = World()
    for who in PEOPLE:
        draw_texts(draw, world, who)
        for above, span in draw(st.lists(st.tuples(st.sampled_from(PEOPLE), _SPANS), max_size=2)):
            for hour in hours_of(span):
                if above != who:
                    world.managers.setdefault((who, hour), above)
        groups = st.sampled_from([GROUP, OTHER_GROUP])
        for group, span in draw(st.lists(st.tuples(groups, _SPANS), max_size=2)):
            world.members |= {(group, who, hour) for hour in hours_of(span)}
        if draw(_SELDOM):
            hours = hours_of(draw(_SPANS))
            world.corrections |= {(who, hour): "Corrected" for hour in hours}
        if draw(_SELDOM):
            owner = draw(st.sampled_from(PEOPLE))
            world.owners |= {(who, hour): owner for hour in hours_of(draw(_SPANS))}
    return world


def draw_texts(draw: st.DrawFn, world: World, who: int) -> None:
    for kind in ("cost_center", "department"):
        changes = draw(st.dictionaries(st.integers(1, HOURS - 1), _texts, max_size=2))
        text = draw(_texts)
        for hour in range(HOURS):
            text = changes.get(hour, text)
            world.texts[who, hour, kind] = text


_rules = st.lists(
    st.sampled_from(
        [
            {"attribute": "cost_center"},
            {"attribute": "cost_center", "value": "A", "unit": "Only A"},
            {"attribute": "department"},
            {"attribute": "group", "value": GROUP, "unit": "In group"},
            {"attribute": "group", "value": OTHER_GROUP, "unit": "In other group"},
            {"attribute": "oid", "value": oid(2), "unit": "Named"},
            {"attribute": "reports_to", "value": oid(1), "unit": "Below one"},
            {"attribute": "reports_to", "value": oid(3), "levels": "1", "unit": "Below three"},
            {"attribute": "manager"},
            {"attribute": "manager", "levels": "1"},
            {"attribute": "owner"},
        ]
    ),
    max_size=6,
)


def pieces(flags: list[bool]) -> Iterator[tuple[int, int]]:
    """Spans of hours in which a flag holds."""
    start = None
    for hour, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = hour
        if not flag and start is not None:
            yield start, hour
            start = None


def tell(books: Books, world: World) -> None:
    """Write a world into the directory and the seeds, as a sync and a reviewer would have."""
    connection = books.connection
    for table in ("principals", "links", "ownership"):
        connection.execute(f"delete from warehouse.directory.{table}")
    for who in PEOPLE:
        for hour in range(HOURS):
            texts = [world.texts[who, hour, kind] for kind in ("cost_center", "department")]
            connection.execute(
                "insert into warehouse.directory.principals by name select ? as oid,"
                " 'user' as kind, ? as cost_center, ? as department, false as deleted,"
                " ? as valid_from, ? as valid_to, ? as recorded_from, ? as recorded_to",
                [oid(who), *texts, naive(hour), naive(hour + 1), ALWAYS, FOREVER],
            )
        for above in PEOPLE:
            held = [world.managers.get((who, hour)) == above for hour in range(HOURS)]
            for first, last in pieces(held):
                link(books, "manager", oid(who), oid(above), naive(first), naive(last))
        for group in (GROUP, OTHER_GROUP):
            held = [(group, who, hour) in world.members for hour in range(HOURS)]
            for first, last in pieces(held):
                link(books, "member", group, oid(who), naive(first), naive(last))
    put(
        books,
        "unit_corrections.csv",
        *(
            dated(oid=oid(who), unit="Corrected", valid_from=at(first), valid_to=at(last))
            for who in PEOPLE
            for first, last in pieces([(who, hour) in world.corrections for hour in range(HOURS)])
        ),
    )
    put(
        books,
        "owners.csv",
        *(
            dated(oid=oid(who), owner_oid=oid(owner), valid_from=at(first), valid_to=at(last))
            for who in PEOPLE
            for owner in PEOPLE
            for first, last in pieces(
                [world.owners.get((who, hour)) == owner for hour in range(HOURS)]
            )
        ),
    )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(world=worlds(), chosen=_rules)
def test_any_rules_over_any_history_say_what_reading_them_says(
    books: Books, world: World, chosen: list[dict[str, str]]
) -> None:
    rules = [rule(5 * place, **one) for place, one in enumerate(chosen, start=1)]
    tell(books, world)
    put(books, "ownership_rules.csv", *rules)
    resolve(books.connection, books.clock.now())
    for hour in range(HOURS):
        found = books.connection.execute(
            "select oid, unit from ownership.resolved where valid_from <= $at and $at < valid_to",
            {"at": naive(hour + 0.5)},
        ).fetchall()
        assert len(found) == len(PEOPLE)
        expected = {oid(who): unit_of(world, rules, who, hour) for who in PEOPLE}
        assert dict(found) == expected


def test_proposed_rules_are_resolved_beside_the_stored_ones(books: Books) -> None:
    books.observe(person(1))
    stored = {
        seed.file_name: books.connection.execute(f"from {seed.table}").fetchall()
        for seed in DECIDING_SEEDS
    }
    department = (1, "d", "all", "department", None, None, None, ALWAYS, FOREVER, ALWAYS, FOREVER)
    resolve(
        books.connection,
        books.clock.now(),
        stored | {"ownership_rules.csv": [(*department, "proposed")]},
    )
    assert [row["unit"] for row in rows_of(books.connection, "from ownership.resolved")] == [
        "Tools"
    ]
    assert units(books, 1)[0][0] == "CC-1"
