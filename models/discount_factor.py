"""Is the bill a constant factor of what was expected? Then a discount or a price is wrong."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from statistics import median_low

LEAST_DAYS = 5
"""Fewer days agree by chance."""

_PLACES = Decimal("0.000001")
# Days off the factor, as where somebody went around the gateway, do not hide it from the others.
_SHARE_THAT_FITS = Fraction(4, 5)
_TOLERANCE = Fraction(5, 1000)
# Web searches, which no log counts, and hours rounded up are worth a percent or so of every day.
_LEAST_MISMATCH = Fraction(2, 100)


@dataclass(frozen=True)
class FactorDay:
    """A day that can be compared: USD expected and billed, and how far rounding may part the two.

    `by_model` has the expected USD of each model; they sum to `expected_usd`.
    """

    expected_usd: Decimal
    billed_usd: Decimal
    rounding_usd: Decimal
    by_model: Mapping[str, Decimal]


@dataclass(frozen=True)
class Factor:
    """Billed is `k` times expected, of one model or (None) of all, with six decimals.

    `is_constant`: it holds on `fitting_days` of `days`, four of five at least. Where it does not, k
    is only the ratio of the sums, which no single discount explains. `is_mismatch`: it is constant,
    and 1 does not hold as well and is 2 % off, so some rate in the seeds is not the one in
    force.
    """

    k: Decimal
    model: str | None
    days: int
    fitting_days: int
    is_constant: bool
    is_mismatch: bool


def solve(days: Sequence[FactorDay]) -> Factor | None:
    """Return the factor that fits: of all models if one does, else of the model that fits best.

    None when fewer than LEAST_DAYS days have something expected and something billed.
    """
    compared = [day for day in days if day.expected_usd > 0 and day.billed_usd > 0]
    if len(compared) < LEAST_DAYS:
        return None
    whole = _fitted(compared, None)
    if whole and whole.is_constant:
        return whole
    found = [factor for model in _models(compared) if (factor := _fitted(compared, model))]
    constant = [factor for factor in found if factor.is_constant]
    if constant:
        return max(constant, key=lambda factor: (factor.fitting_days, factor.model))
    sums = [sum(map(Fraction, amounts)) for amounts in zip(*map(_amounts, compared), strict=True)]
    return Factor(_rounded(Fraction(sums[0]) / sums[1]), None, len(compared), 0, False, False)


def _fitted(days: Sequence[FactorDay], model: str | None) -> Factor | None:
    """Return the factor that the middle day asks for, refined on the days that fit it."""
    known = [day for day in days if _base(day, model) > 0]
    if len(known) < LEAST_DAYS:
        return None
    middle = median_low(_excess(day) / _base(day, model) for day in known)
    fitting = [day for day in days if _fits(day, model, middle)]
    base = sum((_base(day, model) for day in fitting), Fraction())
    if not base:
        return None
    less_one = sum(map(_excess, fitting), Fraction()) / base
    count = sum(_fits(day, model, less_one) for day in days)
    is_constant = _are_enough(count, days) and less_one > -1
    # Rounding alone moves k a little, always the same way.
    is_one = _are_enough(sum(_fits(day, model, Fraction(0)) for day in days), days)
    is_mismatch = is_constant and not is_one and abs(less_one) >= _LEAST_MISMATCH
    return Factor(_rounded(1 + less_one), model, len(days), count, is_constant, is_mismatch)


def _are_enough(count: int, days: Sequence[FactorDay]) -> bool:
    return count >= LEAST_DAYS and count >= _SHARE_THAT_FITS * len(days)


def _fits(day: FactorDay, model: str | None, less_one: Fraction) -> bool:
    off = abs(_excess(day) - less_one * _base(day, model))
    return off <= Fraction(day.rounding_usd) + _TOLERANCE * Fraction(day.billed_usd)


def _excess(day: FactorDay) -> Fraction:
    return Fraction(day.billed_usd) - Fraction(day.expected_usd)


def _base(day: FactorDay, model: str | None) -> Fraction:
    return Fraction(day.expected_usd if model is None else day.by_model.get(model, 0))


def _amounts(day: FactorDay) -> tuple[Decimal, Decimal]:
    return day.billed_usd, day.expected_usd


def _models(days: Sequence[FactorDay]) -> Iterator[str]:
    yield from sorted({model for day in days for model in day.by_model})


def _rounded(ratio: Fraction) -> Decimal:
    # A bill of nothing but cache tokens can be a thousand times what is known of it.
    exact = Decimal(ratio.numerator) / Decimal(ratio.denominator)
    return exact.quantize(_PLACES, ROUND_HALF_EVEN)
