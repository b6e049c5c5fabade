"""The factor between bill and expectation: found where there is one, and nowhere else."""

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.discount_factor import LEAST_DAYS, FactorDay, solve

MODELS = ("claude-one", "claude-two", "claude-three")
CENT = Decimal("0.01")


def days(
    seed: int, factors: dict[str, Decimal], count: int = 20, rounding: Decimal = CENT * 24
) -> list[FactorDay]:
    """Days of a varying mix; each is billed at its models' factors, up to the rounding."""
    random = Random(seed)  # noqa: S311 (a repeatable mix, no secret)
    made = []
    for _ in range(count):
        used = {model: Decimal(random.randrange(1_000, 99_999)) * CENT for model in MODELS}
        billed = sum((used[model] * factors.get(model, Decimal(1)) for model in MODELS), Decimal(0))
        off = rounding * Decimal(random.randrange(-1_000, 1_001)) / 1_000
        made.append(FactorDay(sum(used.values(), Decimal(0)), billed + off, rounding, used))
    return made


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    percent=st.integers(10, 97) | st.just(100) | st.integers(103, 300),
)
def test_a_factor_of_all_models_is_found(seed: int, percent: int) -> None:
    k = Decimal(percent) / 100
    factor = solve(days(seed, dict.fromkeys(MODELS, k)))
    assert factor is not None
    assert (factor.model, factor.is_constant, factor.days) == (None, True, 20)
    assert abs(factor.k - k) < Decimal("0.001")
    assert factor.is_mismatch == (percent != 100)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    model=st.sampled_from(MODELS),
    percent=st.integers(20, 80) | st.integers(120, 200),
)
def test_a_factor_of_one_model_is_found_with_its_model(seed: int, model: str, percent: int) -> None:
    k = Decimal(percent) / 100
    factor = solve(days(seed, {model: k}))
    assert factor is not None
    assert (factor.model, factor.is_mismatch) == (model, True)
    assert abs(factor.k - k) < Decimal("0.01")


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), data=st.data())
def test_costs_that_follow_nothing_expected_are_no_factor(seed: int, data: st.DataObject) -> None:
    plain = days(seed, {})
    extra = data.draw(
        st.lists(st.integers(1, 500), min_size=len(plain), max_size=len(plain), unique=True)
    )
    billed = [
        FactorDay(day.expected_usd, day.billed_usd + 40 * more, day.rounding_usd, day.by_model)
        for day, more in zip(plain, extra, strict=True)
    ]
    factor = solve(billed)
    assert factor is not None
    assert not factor.is_constant
    ratio = Fraction(sum(day.billed_usd for day in billed)) / Fraction(
        sum(day.expected_usd for day in billed)
    )
    assert abs(Fraction(factor.k) - ratio) <= Fraction(1, 10**6)


def test_days_off_the_factor_do_not_hide_it() -> None:
    made = days(1, dict.fromkeys(MODELS, Decimal("0.8")))
    for number in (3, 7, 11):
        day = made[number]
        made[number] = FactorDay(day.expected_usd, day.billed_usd * 3, CENT, day.by_model)
    factor = solve(made)
    assert factor is not None
    assert (factor.is_mismatch, factor.fitting_days) == (True, 17)
    assert abs(factor.k - Decimal("0.8")) < Decimal("0.001")


def test_a_bill_as_expected_is_no_mismatch() -> None:
    factor = solve(days(2, {}))
    assert factor is not None
    assert (factor.is_constant, factor.is_mismatch) == (True, False)


def test_rounding_up_is_no_mismatch_and_a_little_more_is() -> None:
    expected, rounding = Decimal("1.50075"), Decimal("0.02")
    for billed, is_mismatch in (("1.51", False), ("1.525", False), ("1.54", True)):
        day = FactorDay(expected, Decimal(billed), rounding, {"claude-one": expected})
        factor = solve([day] * 9)
        assert factor is not None
        assert (factor.is_constant, factor.is_mismatch) == (True, is_mismatch), billed


@pytest.mark.parametrize("count", [0, LEAST_DAYS - 1])
def test_few_days_tell_nothing(count: int) -> None:
    assert solve(days(3, dict.fromkeys(MODELS, Decimal("0.5")), count)) is None


def test_days_without_a_bill_or_without_usage_do_not_count() -> None:
    made = days(4, {}, LEAST_DAYS)
    idle = FactorDay(Decimal(0), Decimal(5), CENT, {})
    free = FactorDay(Decimal(5), Decimal(0), CENT, {"claude-one": Decimal(5)})
    factor = solve([*made, *[idle] * 9, *[free] * 9])
    assert factor is not None
    assert factor.days == LEAST_DAYS
