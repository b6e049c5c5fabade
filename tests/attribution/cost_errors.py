"""How far a report of costs by caller or unit is from the truth, and how often its bounds hold."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
from attribution.prices import CLASSES, usd_per_token
from attribution.runs import Floats, Ints
from attribution.tenant import Tenant

LARGE_USD = 5

# Costs are added up as floats here, and as decimals in the report.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class CostErrors:
    """Errors of the callers or units of one tenant, as shares of true costs: 0 is exact.

    The weighted error is the sum of absolute errors over the sum of true costs, `large_p90_error`
    what nine of ten with a true cost of more than five USD stay below, None without any. `covered`
    counts those whose true cost is within the bounds; `mean_width` is infinite without upper ones.
    """

    groups: int
    true_usd: float
    reported_usd: float
    weighted_error: float
    large_p90_error: float | None
    covered: int
    mean_width: float


def cost_errors(tenant: Tenant, costs: pa.Table, key: Literal["caller", "unit"]) -> CostErrors:
    """Compare `costs` with the truth; columns `key`, `cost_usd`, `cost_low`, `cost_high`.

    Who is not in `costs` costs nothing there. Raises ValueError for somebody named twice or with
    no request.
    """
    present, true = _true_costs(tenant, key)
    named = costs[key].to_numpy().astype(np.int64)
    place = np.searchsorted(present, named)
    if len(np.unique(named)) != len(named) or not np.isin(named, present).all():
        raise ValueError(f"costs name each {key} of the tenant once: check what they are joined by")
    reported, low, high = (np.zeros(len(present)) for _ in range(3))
    for column, into in (("cost_usd", reported), ("cost_low", low), ("cost_high", high)):
        into[place] = costs[column].to_numpy()
    error = np.abs(reported - true)
    large = true > LARGE_USD
    slack = true * _ROUNDING
    return CostErrors(
        groups=len(present),
        true_usd=float(true.sum()),
        reported_usd=float(reported.sum()),
        weighted_error=float(error.sum() / true.sum()),
        large_p90_error=float(np.quantile(error[large] / true[large], 0.9))
        if large.any()
        else None,
        covered=int(((low - slack <= true) & (true <= high + slack)).sum()),
        mean_width=float(((high - low) / true).mean()),
    )


def _true_costs(tenant: Tenant, key: str) -> tuple[Ints, Floats]:
    """Return who has requests, in order, and what each truly cost in USD."""
    prices = usd_per_token(tenant.requests["model"], tenant.requests["started_at"])
    tokens = np.column_stack([tenant.truth[name].to_numpy() for name in CLASSES])
    of = tenant.requests if key == "caller" else tenant.truth
    group: Ints = of[key].to_numpy().astype(np.int64)
    present, place = np.unique(group, return_inverse=True)
    return present, np.bincount(place, (tokens * prices).sum(axis=1)).astype(np.float64)
