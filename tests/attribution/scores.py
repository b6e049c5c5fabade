"""How far an estimate is from the truth, in money: by user, by unit, in total, and its bounds."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attribution.prices import CLASSES, usd_per_token
from attribution.runs import Floats, Ints
from attribution.tenant import Tenant

_TRUE = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
_LARGE_USD = 5


@dataclass(frozen=True)
class Scores:
    """Errors as shares of the true cost: 0 is exact. `None` where an estimate does not say.

    Weighted errors are the sum of absolute errors over the sum of true costs; `cache` is the cost
    of the three cache classes alone. A negative error of a total means too little.
    """

    users: int
    true_usd: float
    user_error: float
    user_cache_error: float
    unit_error: float
    unit_cache_error: float
    large_users: int
    """Users with a true cost of more than five USD."""
    large_user_p90_error: float | None
    """Nine of ten of these have a smaller error."""
    total_error: float
    total_tokens_errors: tuple[float | None, ...] | None
    """Of the three cache classes."""
    covered_users: float | None = None
    """Share of users whose true cost is within the bounds."""
    covered_cost: float | None = None
    mean_width: float | None = None
    """Mean over users of the width of the bounds, as a share of the true cost."""


def score(tenant: Tenant, estimate: pa.Table, bounds: pa.Table | None = None) -> Scores:
    """Compare `estimate` with the truth of `tenant`.

    `estimate` has `request_no` and the three cache classes, and maybe `input` and `output` where
    the log has none; or else `request_no` and `cost_usd`. Requests it leaves out have nothing.
    `bounds` has `caller`, `cost_low` and `cost_high`; callers it leaves out have no cost.
    Raises ValueError for a request named twice or not known.
    """
    given = _by_request(tenant, estimate)
    prices = usd_per_token(tenant.requests["model"], tenant.requests["started_at"])
    true_tokens = np.column_stack([tenant.truth[name].to_numpy() for name in _TRUE])
    true_costs = true_tokens * prices
    if "cost_usd" in given:
        logged = (_logged_tokens(tenant, {}) * prices[:, :2]).sum(axis=1)
        cost, cache_cost = given["cost_usd"], given["cost_usd"] - logged
        token_errors = None
    else:
        cache_tokens = np.column_stack([given[name] for name in CLASSES[2:]])
        cache_cost = (cache_tokens * prices[:, 2:]).sum(axis=1)
        cost = cache_cost + (_logged_tokens(tenant, given) * prices[:, :2]).sum(axis=1)
        token_errors = _token_errors(cache_tokens, true_tokens[:, 2:])
    caller = tenant.requests["caller"].to_numpy().astype(np.int64)
    unit = tenant.truth["unit"].to_numpy().astype(np.int64)
    true_cost, true_cache_cost = true_costs.sum(axis=1), true_costs[:, 2:].sum(axis=1)
    present = np.unique(caller)
    of_user = np.bincount(caller, true_cost)[present]
    large = of_user > _LARGE_USD
    errors = np.abs(np.bincount(caller, cost)[present] - of_user)[large] / of_user[large]
    return Scores(
        users=len(present),
        true_usd=float(true_cost.sum()),
        user_error=_weighted_error(caller, cost, true_cost),
        user_cache_error=_weighted_error(caller, cache_cost, true_cache_cost),
        unit_error=_weighted_error(unit, cost, true_cost),
        unit_cache_error=_weighted_error(unit, cache_cost, true_cache_cost),
        large_users=int(large.sum()),
        large_user_p90_error=float(np.quantile(errors, 0.9)) if large.any() else None,
        total_error=float(cost.sum() / true_cost.sum() - 1),
        total_tokens_errors=token_errors,
        **_bounds_scores(present, of_user, bounds),
    )


def _by_request(tenant: Tenant, estimate: pa.Table) -> dict[str, Floats]:
    """The columns of an estimate in the order of the tenant's requests, unknown as 0."""
    number = estimate["request_no"].to_numpy()
    known = len(tenant.requests)
    if (
        len(np.unique(number)) != len(number)
        or number.min(initial=0) < 0
        or number.max(initial=0) >= known
    ):
        raise ValueError("an estimate names each request once: check its request_no")
    columns = {}
    for name in estimate.column_names:
        if name != "request_no":
            columns[name] = np.zeros(known)
            columns[name][number] = np.nan_to_num(pc.fill_null(estimate[name], 0).to_numpy())
    return columns


def _logged_tokens(tenant: Tenant, given: dict[str, Floats]) -> Floats:
    """Uncached input and output of the log, or what an estimate says where the log has none."""
    columns = []
    for name in ("input", "output"):
        logged = tenant.requests[f"{name}_tokens"]
        absent = given.get(name, np.zeros(len(logged)))
        known = pc.fill_null(logged, 0).to_numpy()
        columns.append(np.where(pc.is_null(logged).to_numpy(), absent, known))
    return np.column_stack(columns)


def _weighted_error(group: Ints, estimated: Floats, true: Floats) -> float:
    difference = np.bincount(group, estimated - true)
    return float(np.abs(difference).sum() / true.sum())


def _token_errors(estimated: Floats, true: Floats) -> tuple[float | None, ...]:
    return tuple(
        float(said / really - 1) if really else None
        for said, really in zip(estimated.sum(axis=0), true.sum(axis=0), strict=True)
    )


def _bounds_scores(
    present: Ints, of_user: Floats, bounds: pa.Table | None
) -> dict[str, float | None]:
    if bounds is None:
        return {}
    low, high = (
        np.zeros(int(max(present.max(), pc.max(bounds["caller"]).as_py())) + 1) for _ in "lh"
    )
    low[bounds["caller"].to_numpy()] = bounds["cost_low"].to_numpy()
    high[bounds["caller"].to_numpy()] = bounds["cost_high"].to_numpy()
    low, high = low[present], high[present]
    inside = (low <= of_user) & (of_user <= high)
    return {
        "covered_users": float(inside.mean()),
        "covered_cost": float(of_user[inside].sum() / of_user.sum()),
        "mean_width": float(((high - low) / of_user).mean()),
    }
