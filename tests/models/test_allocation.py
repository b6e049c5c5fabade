"""Shared costs: split as published examples say, exactly, and by whatever policy held."""

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shared_month import ALWAYS, CENTRAL, FIRST, FOREVER, Row, Split, split

# The example of the FinOps Foundation's page on shared costs: three direct costs, 12,000 shared.
DIRECT = {1: 50_000, 2: 30_000, 3: 20_000}
PUBLISHED = {
    "direct_cost": {1: 6_000, 2: 3_600, 3: 2_400},
    "even": {1: 4_000, 2: 4_000, 3: 4_000},
    "fixed": {1: 5_400, 2: 3_600, 3: 3_000},
}
FIXED = {1: "0.45", 2: "0.3", 3: "0.25"}


def used(unit: int | None, cost: Any = None, caller: int | None = None, **changes: Any) -> Row:
    return {
        "unit_id": unit,
        "caller_id": caller or unit,
        "contracted_cost_usd": None if cost is None else Decimal(str(cost)),
        "requests": 1,
    } | changes


def charged(amount: Any, **changes: Any) -> Row:
    return {"amount_usd": Decimal(str(amount))} | changes


def fixed(shares: dict[int, str] | None = None, **changes: Any) -> list[Row]:
    return [
        {"unit_id": unit, "share": Decimal(share)} | changes
        for unit, share in (shares or FIXED).items()
    ]


def total(found: Split, name: str = "shared_cost_usd") -> Decimal:
    return sum((row[name] or Decimal(0) for row in found.daily), Decimal(0))


@pytest.mark.parametrize("method", PUBLISHED)
def test_the_published_example_of_shared_costs_holds(method: str) -> None:
    found = split(
        daily=[used(unit, cost) for unit, cost in DIRECT.items()],
        shared_charges=[charged(12_000)],
        allocation_policies=[{"method": method}],
        allocation_shares=fixed(),
    )
    assert found.by_unit() == PUBLISHED[method]
    assert total(found) == 12_000


def test_requests_tokens_and_bytes_weigh_as_counted() -> None:
    daily = [
        used(1, 1, requests=3, input_tokens=10, cache_read_tokens=80),
        used(2, 1, requests=1, output_tokens=10),
    ]
    sizes = [
        {"usage_time": datetime(2026, 10, 5), "caller_id": 1, "unit_id": 1} | size  # noqa: DTZ001
        for size in ({"request_size_bytes": 700}, {"response_size_bytes": 200})
    ]
    sizes.append({**sizes[0], "caller_id": 2, "unit_id": 2, "request_size_bytes": 100})
    borne = {
        method: split(
            daily=daily,
            requests=sizes,
            shared_charges=[charged(100)],
            allocation_policies=[{"method": method}],
        ).by_unit()
        for method in ("requests", "tokens", "bytes")
    }
    assert borne == {
        "requests": {1: 75, 2: 25},
        "tokens": {1: 90, 2: 10},
        "bytes": {1: 90, 2: 10},
    }


def test_a_central_budget_bears_all_of_it() -> None:
    found = split(
        daily=[used(1, 5)],
        shared_charges=[charged(100)],
        allocation_policies=[{"method": "central"}],
    )
    assert found.by_unit() == {CENTRAL: 100}
    (row,) = found.daily
    assert (row["usage_day"], row["caller_id"], row["shared_cost_usd"]) == (FIRST, None, 100)


def test_hours_without_traffic_are_set_apart() -> None:
    # 6 of 24 hours had a request, so a quarter of the day's 96 USD is split by use.
    found = split(
        daily=[used(1, 3), used(2, 1)],
        traffic=[{"hour": datetime(2026, 10, 1, hour)} for hour in range(6)],  # noqa: DTZ001
        shared_charges=[charged(96)],
        allocation_policies=[{"method": "direct_cost", "idle_unit_id": 50}],
    )
    assert found.by_unit() == {1: 18, 2: 6, 50: 72}
    assert {row["part"] for row in found.allocations} == {"used", "idle"}


def test_a_unit_with_a_fixed_share_and_no_use_bears_it_in_a_row_of_its_own() -> None:
    found = split(
        daily=[used(1, 50), used(2, 30)],
        shared_charges=[charged(1000)],
        allocation_policies=[{"method": "fixed"}],
        allocation_shares=fixed(),
    )
    assert found.by_unit() == {1: 450, 2: 300, 3: 250}
    (row,) = [row for row in found.daily if row["unit_id"] == 3]
    assert (row["caller_id"], row["label"], row["shared_cost_usd"]) == (None, "", 250)


def test_what_nobody_used_goes_to_the_unit_that_the_policy_names() -> None:
    for method in ("direct_cost", "requests", "tokens", "bytes", "even"):
        found = split(shared_charges=[charged(7)], allocation_policies=[{"method": method}])
        assert found.by_unit() == {CENTRAL: 7}, method


def test_what_never_passed_the_gateway_bears_nothing_of_it() -> None:
    daily = [used(1, 5), used(None, 5, label="outside_gateway"), used(None, 5, label="pool")]
    found = split(
        daily=daily,
        shared_charges=[charged(100)],
        allocation_policies=[{"method": "direct_cost"}],
    )
    assert {row["label"]: row["amount_usd"] for row in found.shares} == {"": 50, "pool": 50}


def test_a_policy_that_changes_in_the_month_splits_each_part_over_its_own_days() -> None:
    change = datetime(2026, 10, 11)  # noqa: DTZ001
    found = split(
        daily=[used(1, 9), used(2, 1), used(2, 7, usage_day=date(2026, 10, 20))],
        shared_charges=[charged(100), charged(10, usage_day=date(2026, 10, 11))],
        allocation_policies=[
            {"method": "direct_cost", "valid_to": change},
            {"method": "direct_cost", "valid_from": change},
        ],
    )
    assert found.by_unit() == {1: 90, 2: 20}


def test_fixed_shares_that_change_in_the_month_hold_for_the_charges_of_their_days() -> None:
    change = datetime(2026, 10, 11)  # noqa: DTZ001
    found = split(
        shared_charges=[charged(100), charged(10, usage_day=date(2026, 10, 11))],
        allocation_policies=[{"method": "fixed"}],
        allocation_shares=[
            *fixed({1: "0.5", 2: "0.5"}, valid_to=change),
            *fixed({2: "0.2", 3: "0.8"}, valid_from=change),
        ],
    )
    assert found.by_unit() == {1: 50, 2: 52, 3: 8}


def test_tax_and_charges_without_rule_policy_or_amount_are_not_split() -> None:
    found = split(
        daily=[used(1, 5)],
        shared_charges=[
            charged(1, charge_type="tax"),
            charged(2, shared_cost=None),
            charged(4, shared_cost="unheard of"),
            {"amount_usd": None},
            charged(8),
        ],
        allocation_policies=[{"method": "direct_cost"}],
    )
    assert found.by_unit() == {1: 8}


def test_the_residual_is_spread_against_its_own_rows() -> None:
    found = split(
        daily=[used(1, 30), used(None, 10, label="outside_gateway")],
        invoiced_daily=[
            {"usage_day": FIRST, "label": "residual", "billed_cost_usd": Decimal(9)},
            {"usage_day": FIRST, "label": "correction", "billed_cost_usd": Decimal(-2)},
            {"usage_day": FIRST + timedelta(1), "label": "residual", "billed_cost_usd": -1},
            {"usage_day": FIRST + timedelta(2), "label": "residual", "billed_cost_usd": None},
        ],
        allocation_policies=[{"shared_cost": "residual", "method": "direct_cost"}],
    )
    assert found.by_unit() == {1: 6, None: 2}
    billed = Counter[Any]()
    for row in found.billed:
        billed[row["usage_day"].day, row["label"]] += row["billed_cost_usd"] or 0
    # The third day's residual is unknown and stays so.
    assert billed == {
        (1, ""): 6, (1, "outside_gateway"): 2, (1, "residual"): 0, (1, "correction"): -2,
        (2, "residual"): 0, (3, "residual"): 0,
    }  # fmt: skip


# Any weights, credits and policies.

AMOUNTS = st.integers(-(10**20), 10**20).map(lambda units: Decimal(units).scaleb(-15))
COSTS = st.one_of(
    st.none(),
    st.integers(0, 9).map(Decimal),
    st.integers(0, 10**20).map(lambda units: Decimal(units).scaleb(-15)),
)
LABELS = st.sampled_from(["", "", "", "unattributed", "pool", "outside_gateway"])
DAYS = st.integers(0, 30).map(lambda day: FIRST + timedelta(days=day))


@st.composite
def usage(draw: st.DrawFn) -> Row:
    label = draw(LABELS)
    unit = draw(st.integers(1, 3)) if not label else None
    return used(
        unit,
        draw(COSTS),
        draw(st.integers(1, 4)) if unit else None,
        label=label,
        usage_day=draw(DAYS),
        llm_model_id=draw(st.integers(1, 2)),
        requests=draw(st.integers(0, 5)),
        input_tokens=draw(st.one_of(st.none(), st.integers(0, 10**7))),
    )


def distinct(rows: list[Row]) -> list[Row]:
    keys = ("usage_day", "caller_id", "unit_id", "llm_model_id", "label")
    return list({tuple(row[key] for key in keys): row for row in rows}.values())


def weight_of(row: Row, method: str) -> Fraction:
    if row["label"] == "outside_gateway":
        return Fraction(0)
    counted = {"requests": row["requests"], "tokens": row["input_tokens"] or 0}
    return Fraction(counted.get(method, row["contracted_cost_usd"] or 0))


def expected_ratios(daily: list[Row], method: str) -> dict[Any, Fraction]:
    """Who bears which ratio, by fractions: (unit, caller, label) -> ratio."""
    weights = Counter[Any]()
    for row in daily:
        if weight_of(row, method):
            weights[row["unit_id"], row["caller_id"], row["label"]] += weight_of(row, method)
    units = {row["unit_id"] for row in daily if row["unit_id"]}
    parents: dict[Any, Fraction] = {None: Fraction(1)}
    if method == "fixed":
        parents = {unit: Fraction(share) for unit, share in FIXED.items()}
    elif method == "even" and units:
        parents = {unit: Fraction(1, len(units)) for unit in units}
    elif method in {"even", "central"}:
        weights.clear()
    ratios: dict[Any, Fraction] = {}
    for unit, part in parents.items():
        mine = {key: one for key, one in weights.items() if unit is None or key[0] == unit}
        if not mine:
            ratios[unit or CENTRAL, None, ""] = part
        for key, one in mine.items():
            ratios[key] = part * one / sum(mine.values())
    return ratios


@settings(max_examples=150, deadline=None)
@given(
    st.lists(usage(), max_size=12).map(distinct),
    st.lists(st.tuples(AMOUNTS, DAYS), min_size=1, max_size=3),
    st.sampled_from(["direct_cost", "requests", "tokens", "even", "fixed", "central"]),
)
def test_any_split_is_exact(
    daily: list[Row], charges: list[tuple[Decimal, date]], method: str
) -> None:
    found = split(
        daily=daily,
        shared_charges=[charged(amount, usage_day=day) for amount, day in charges],
        allocation_policies=[{"method": method}],
        allocation_shares=fixed(),
    )
    whole = sum((Fraction(amount) for amount, _ in charges), Fraction(0))
    if not whole:
        assert found.shares == []
        return
    assert sum(row["ratio"] for row in found.shares) == 1
    assert sum(Fraction(row["amount_usd"]) for row in found.shares) == whole == total(found)
    unit = Fraction(1, 10**15)
    expected = expected_ratios(daily, method)
    borne = {(row["unit_id"], row["caller_id"], row["label"]): row for row in found.shares}
    # Who weighs less than the sixteenth digit of all weights bears nothing.
    assert borne.keys() <= expected.keys()
    assert all(expected[key] < unit for key in expected.keys() - borne.keys())
    for key, row in borne.items():
        # Two splits round by less than a unit each, and weights have sixteen digits.
        assert abs(Fraction(row["ratio"]) - expected[key]) < 3 * unit
        bound = 2 * unit + abs(whole) * 12 * Fraction(1, 10**15)
        assert abs(Fraction(row["amount_usd"]) - whole * expected[key]) < bound
    rows = Counter[Any]()
    for row in found.daily:
        assert Fraction(row["shared_cost_usd"]) * whole >= 0
        rows[row["unit_id"], row["caller_id"], row["label"]] += row["shared_cost_usd"]
    assert rows == {key: row["amount_usd"] for key, row in borne.items()}


def test_days_of_one_person_bear_by_what_was_counted_on_them() -> None:
    found = split(
        daily=[used(1, 1, requests=1), used(1, 1, requests=3, usage_day=date(2026, 10, 2))],
        shared_charges=[charged("0.000000000000007")],
        allocation_policies=[{"method": "requests", "valid_from": ALWAYS, "valid_to": FOREVER}],
    )
    # 1/4 and 3/4 of seven units of the last decimal, which are whole: 1 and 6.
    assert [int(row["shared_cost_usd"].scaleb(15)) for row in found.daily] == [1, 6]
