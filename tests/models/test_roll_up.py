"""Groups, trees and roll-ups: every row against the tree walked in plain Python."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_rows import oid
from hypothesis import given, settings
from hypothesis import strategies as st
from written_publication import Span, Usage, Written, at, publish_empty, publish_written

from models.chargeback import chargeback
from models.published import Answer
from models.viewer import operator

DAYS, DAYS_OF_MONTH = 6, 31
MONTH = "2026-10"
MICRO = Decimal("0.000000000000001")

COSTS = st.none() | st.integers(0, 10**18).map(lambda units: units * MICRO)
USAGE = st.lists(
    st.builds(
        Usage,
        day=st.integers(0, DAYS - 1),
        caller=st.none() | st.integers(1, 6),
        unit=st.integers(1, 6),
        cost=COSTS,
        model=st.integers(1, 2),
        label=st.sampled_from(["", "", "unmetered"]),
        requests=st.integers(1, 9),
    ).map(lambda used: used if used.caller else _nobodys(used)),
    min_size=1,
    max_size=14,
)


def _nobodys(used: Usage) -> Usage:
    return Usage(used.day, None, None, used.cost, used.model, "unattributed", used.requests)


@st.composite
def trees(draw: st.DrawFn) -> list[Span]:
    """For each of six nodes what it is part of, over time; circles and self-references included."""
    spans = []
    for node in range(1, 7):
        # quarter days: a change at noon counts from the next midnight on
        cuts = draw(st.lists(st.integers(-4, 4 * DAYS), min_size=2, max_size=4, unique=True))
        ends = sorted(cuts)
        for start, end in itertools.pairwise(ends):
            parent = draw(st.none() | st.integers(1, 6))
            if parent is not None:
                spans.append((node, parent, start / 4, end / 4))
    return spans


GROUPS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(-4, 20), st.integers(1, 12)).map(
        lambda drawn: (drawn[0], drawn[1], drawn[2] / 4, (drawn[2] + drawn[3]) / 4)
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish_empty(tmp_path_factory.mktemp("written"))


def report(folder: Path, *by: str, roll_up: bool = False) -> Answer:
    return chargeback(folder, operator(), month=MONTH, by=by, roll_up=roll_up)


def part_of(tree: Sequence[Span], day: int) -> dict[int, int]:
    """What each node is part of at the start of a day, with circles cut at the smallest node."""
    parents = {node: parent for node, parent, start, end in tree if start <= day < end}
    for node in sorted(parents):
        above = parents.get(node)
        for _ in range(6):
            if above == node:
                del parents[node]
                break
            above = parents.get(above) if above else None
    return parents


def line_of(node: int, parents: dict[int, int]) -> Iterator[int]:
    """The node, and all above it."""
    here: int | None = node
    while here is not None:
        yield here
        here = parents.get(here)


def known(usage: Iterable[Usage]) -> list[Decimal]:
    return [used.cost for used in usage if used.cost is not None]


def whole(usage: Sequence[Usage]) -> tuple[int, Decimal]:
    return sum(used.requests for used in usage), sum(known(usage), Decimal(0))


def total(rows: Iterable[Mapping[str, Any]]) -> tuple[int, Decimal]:
    rows = list(rows)
    costs = [row["list_cost_usd"] for row in rows if row["list_cost_usd"] is not None]
    return sum(row["requests"] for row in rows), sum(costs, Decimal(0))


def summed(pairs: Iterable[tuple[Any, Usage]]) -> dict[Any, tuple[int, Decimal | None]]:
    """Requests and cost by key; a cost without any known part is unknown."""
    parts: dict[Any, list[Usage]] = {}
    for key, used in pairs:
        parts.setdefault(key, []).append(used)
    return {
        key: (
            sum(used.requests for used in usage),
            sum(known(usage), Decimal(0)) if known(usage) else None,
        )
        for key, usage in parts.items()
    }


def keyed(rows: Iterable[Mapping[str, Any]], *keys: str) -> dict[Any, tuple[int, Decimal | None]]:
    """Requests and cost of rows by their keys, each of which is there once."""
    rows = list(rows)
    found = {
        tuple(row[key] for key in keys): (row["requests"], row["list_cost_usd"]) for row in rows
    }
    assert len(found) == len(rows)
    return found


SETTINGS = settings(max_examples=25, deadline=None)


@SETTINGS
@given(usage=USAGE, tree=trees(), extra=st.sampled_from([(), ("model",), ("day",)]))
def test_a_unit_rolls_up_its_subtree_of_each_day(
    folder: Path, usage: list[Usage], tree: list[Span], extra: tuple[str, ...]
) -> None:
    # given units in a tree that changes, with usage
    tree = [span for span in tree if span[0] != span[1]]
    above = [part_of(tree, day) for day in range(DAYS_OF_MONTH)]
    publish_written(folder, Written(usage, unit_tree=tree), days=DAYS)
    # when they are rolled up
    rows = report(folder, "unit", *extra, roll_up=True).records()
    rolled = [row for row in rows if row["is_roll_up"]]
    leaves = [row for row in rows if not row["is_roll_up"]]
    # then the other rows are as without it
    added = ("parent_unit", "level", "is_roll_up")
    plain = report(folder, "unit", *extra).records()
    assert [{k: v for k, v in row.items() if k not in added} for row in leaves] == plain
    assert total(leaves) == whole(usage)
    # and each added row is what the walk up the tree finds, apart for when the unit was a root
    parents = {parent for of_day in above for parent in of_day.values()}
    moved = {node for node in range(1, 7) if len({node in of_day for of_day in above}) == 2}
    expected = summed(
        ((f"U{node}", node not in above[used.day], used.label, *_extra(used, extra)), used)
        for used in usage
        if used.unit
        for node in line_of(used.unit, above[used.day])
        if node in parents | moved
    )
    for row in rolled:
        row["is_root"] = row["parent_unit"] is None
        assert row["is_root"] == (row["level"] == 0)
    assert keyed(rolled, "unit", "is_root", "label", *extra) == expected
    # and the roots, units in no tree and rows without a unit make the whole
    names = {f"U{node}" for node in parents | moved}
    tops = [row for row in rolled if row["level"] == 0]
    alone = [row for row in leaves if row["unit"] not in names]
    assert all(row["level"] in (0, None) for row in alone)
    assert total([*tops, *alone]) == whole(usage)


@SETTINGS
@given(usage=USAGE, tree=trees(), extra=st.sampled_from([(), ("model",), ("unit",)]))
def test_a_manager_rolls_up_everybody_below_on_each_day(
    folder: Path, usage: list[Usage], tree: list[Span], extra: tuple[str, ...]
) -> None:
    # given people whose managers change, some of them in circles, some their own
    publish_written(folder, Written(usage, managers=tree), days=DAYS)
    above = [part_of(tree, day) for day in range(DAYS_OF_MONTH)]
    direct = [{s[0]: s[1] for s in tree if s[2] <= day < s[3]} for day in range(DAYS)]
    # when their teams are rolled up
    rows = report(folder, "manager", *extra, roll_up="unit" not in extra).records()
    rolled = [row for row in rows if row.get("is_roll_up")]
    leaves = [row for row in rows if not row.get("is_roll_up")]
    # then a team is whom a manager manages directly
    assert keyed(leaves, "manager_oid", "label", *extra) == summed(
        ((_oid(direct[used.day].get(used.caller or 0)), used.label, *_extra(used, extra)), used)
        for used in usage
    )
    assert total(leaves) == whole(usage)
    if "unit" in extra:
        return
    # and an added row is the manager and everybody below; who stands alone is in nobody's row
    managers = {parent for of_day in above for parent in of_day.values()}
    managers |= {
        s[1] for s in tree if s[0] == s[1] and any(s[2] <= d < s[3] for d in range(DAYS_OF_MONTH))
    }
    expected = summed(
        (
            (
                _oid(node),
                node is None or node not in above[used.day],
                used.label,
                *_extra(used, extra),
            ),
            used,
        )
        for used in usage
        if used.caller
        for node in _managers_of(used.caller, above[used.day], managers)
    )
    for row in rolled:
        row["is_root"] = row["level"] == 0
    assert keyed(rolled, "manager_oid", "is_root", "label", *extra) == expected
    nobodys = [row for row in leaves if row["label"] == "unattributed"]
    assert total([row for row in rolled if row["is_root"]] + nobodys) == whole(usage)


@SETTINGS
@given(usage=USAGE, spans=GROUPS, extra=st.sampled_from([(), ("model",), ("day",), ("unit",)]))
def test_a_group_has_the_usage_of_days_on_which_somebody_was_in_it(
    folder: Path, usage: list[Usage], spans: list[Span], extra: tuple[str, ...]
) -> None:
    publish_written(folder, Written(usage, memberships=spans), days=DAYS)
    rows = report(folder, "group", *extra).records()

    def groups(used: Usage) -> list[str | None]:
        held = {
            g
            for who, g, start, end in spans
            if who == used.caller and start < used.day + 1 and used.day < end
        }
        return [f"G{group}" for group in held] or [None]

    assert keyed(rows, "group", "label", *extra) == summed(
        ((group, used.label, *_extra(used, extra)), used)
        for used in usage
        for group in groups(used)
    )
    # and a row says that it overlaps exactly if somebody in it is in another as well
    for row in rows:
        mine = [
            used
            for used in usage
            if row["group"] in groups(used)
            and row["label"] == used.label
            and all(
                row[name] == value for name, value in zip(extra, _extra(used, extra), strict=True)
            )
        ]
        assert row["overlaps"] == any(len(groups(used)) > 1 for used in mine)
    if not any(row["overlaps"] for row in rows):
        assert total(rows) == whole(usage)


def _extra(used: Usage, keys: Iterable[str]) -> list[Any]:
    told = {
        "model": f"M{used.model}",
        "day": at(used.day).date(),
        "unit": used.unit and f"U{used.unit}",
    }
    return [told[key] for key in keys]


def _oid(number: int | None) -> str | None:
    return number and oid(number)


def _managers_of(caller: int, above: dict[int, int], managers: set[int]) -> list[int | None]:
    line = [node for node in line_of(caller, above) if node in managers]
    return [*line] or [None]
