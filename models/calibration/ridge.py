"""Sparse least squares towards what is expected anyway, deaf to outliers."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import lsqr

from models.calibration.arrays import Bools, Floats, Ints, sums

_MANY_ITERATIONS = 150
_PRECISION = 1e-5
# Residuals of this many usual ones count half.
_UNUSUAL = 3.0
# A group is unlike the others when this many deviations say so.
_CLEARLY, _FREE_DOUBT = 5.0, 0.3
# A share known to less than a tenth, and how many of a kind say how much they differ.
_WELL_KNOWN, _FEWEST_KNOWN, _LEAST_DOUBT = 10.0, 10, 0.005


def usual(residuals: Floats) -> float:
    """Return the usual size of residuals: their middle one, on the scale of a deviation."""
    return float(np.median(np.abs(residuals))) / 0.6745 if len(residuals) else 1.0


def solved(
    matrix: sparse.csr_array, wanted: Floats, expected: Floats, doubt: Floats, weight: Floats
) -> Floats:
    """Return the unknowns: near `expected` (give or take `doubt`), so that the rows are met.

    `weight` is one over the deviation of each row; 0 leaves the row out.
    """
    rows = np.flatnonzero(weight > 0)
    weighted = sparse.diags_array(weight[rows]) @ matrix[rows]
    told = (weighted @ sparse.diags_array(doubt)).tocsr()
    # Callers with many requests and with few are alike to the solver once every column is as long
    # as any other; without that it needs ten times as many iterations.
    length = np.sqrt(1 + told.power(2).sum(axis=0))
    alike = sparse.diags_array(1 / length)
    found = lsqr(
        sparse.vstack([told @ alike, alike]).tocsr(),
        np.concatenate([weight[rows] * wanted[rows] - weighted @ expected, np.zeros(len(doubt))]),
        iter_lim=_MANY_ITERATIONS,
        atol=_PRECISION,
        btol=_PRECISION,
    )
    change: Floats = doubt * np.asarray(found[0], dtype=np.float64) / length
    return expected + change


def calmed(residuals: Floats, deviation: Floats, is_used: Bools) -> Floats:
    """Return the weight of each row: less where its residual is far beyond the usual."""
    standard = residuals / deviation
    scale = max(usual(standard[is_used]), 1e-9)
    weight: Floats = 1 / (deviation * np.sqrt(1 + (standard / (_UNUSUAL * scale)) ** 2))
    return np.where(is_used, weight, 0.0)


@dataclass(frozen=True)
class Groups:
    """Rows belong to groups. Per group: how much it may differ, and its kind of group."""

    of_row: Ints
    doubt: Floats
    kind: Ints


def deviations(
    groups: Groups,
    amount: Floats,
    share: Floats,
    place: Ints,
    totals: Floats,
    deviation: Floats,
) -> Floats:
    """Return by how much each group's share of its amounts differs from the share given.

    So that at each place the sum of amount x share is the total. `deviation` is of each place's
    total, infinite where there is none. How much groups of a kind differ is learned from those of
    which much is known; their doubt holds where there are few. One whose totals speak clearly
    against that is freed of it.
    """
    group, doubt = groups.of_row, groups.doubt
    count = len(totals)
    matrix = sparse.csr_array((amount, (place, group)), shape=(count, len(doubt)))
    wanted = totals - sums(place, amount * share, count)
    is_used = np.isfinite(deviation)
    deviation = np.where(is_used, deviation, 1.0)
    free = np.maximum(doubt, _FREE_DOUBT)
    result = _settled(matrix, wanted, deviation, free, is_used)
    precision = np.where(is_used, 1 / deviation**2, 0.0)[place] * amount**2
    certainty = np.sqrt(sums(group, precision, len(doubt)))
    doubt = _differing(result, certainty, doubt, groups.kind)
    speaks = np.abs(result) * certainty > _CLEARLY
    return _settled(matrix, wanted, deviation, np.where(speaks, free, doubt), is_used)


def _differing(result: Floats, certainty: Floats, doubt: Floats, kind: Ints) -> Floats:
    """Return by how much groups of each kind differ: their spread less what is mere noise."""
    known = certainty > _WELL_KNOWN
    count = int(kind.max(initial=0)) + 1
    number = sums(kind, known, count)
    spread = sums(kind, np.where(known, result**2 - 1 / np.maximum(certainty, 1) ** 2, 0.0), count)
    learned = np.sqrt(np.maximum(spread, 0.0) / np.maximum(number, 1))
    learned = np.clip(learned, _LEAST_DOUBT, _FREE_DOUBT)
    return np.where(number[kind] >= _FEWEST_KNOWN, learned[kind], doubt)


def _settled(
    matrix: sparse.csr_array, wanted: Floats, deviation: Floats, doubt: Floats, is_used: Bools
) -> Floats:
    result = np.zeros(len(doubt))
    for _ in range(2):
        residuals = wanted - matrix @ result
        scale = max(usual((residuals / deviation)[is_used]), 1e-9)
        weight = calmed(residuals, deviation * scale, is_used)
        result = solved(matrix, wanted, np.zeros(len(doubt)), doubt, weight)
    return result
