"""One tenant through the whole product: drawn, staged, built by the command, and scored."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from attribution.baselines import BASELINES
from attribution.cost_errors import CostErrors, cost_errors
from attribution.product_estimate import product_estimate
from attribution.recipes import Recipe
from attribution.scores import score
from attribution.staged_tenant import stage_tenant
from attribution.tenant import draw_tenant
from bench.built_data import built
from bench.measured_process import Measured


@dataclass(frozen=True)
class Accuracy:
    """What came out for one recipe and seed.

    `user_cache_error` is of the cost of cache tokens alone, by user; `unequal` counts the
    deployments, days and metrics whose totals are not those of the metrics; `baselines` are the
    errors by user of the simple ways, by their names.
    """

    recipe: Recipe
    seed: int
    requests: int
    users: CostErrors
    units: CostErrors
    user_cache_error: float
    unequal: int
    baselines: Mapping[str, float]
    build: Measured

    @property
    def best_baseline(self) -> str:
        """The name of the simple way with the smallest error."""
        return min(self.baselines, key=lambda name: self.baselines[name])

    @property
    def ratio(self) -> float:
        """How many times the product's error by user the best simple way's is."""
        error = self.users.weighted_error
        return self.baselines[self.best_baseline] / error if error else float("inf")


def measure(recipe: Recipe, seed: int, work: Path) -> Accuracy:
    """Draw the tenant, build it in a new folder below `work`, score it, and remove the folder.

    Raises FileNotFoundError for a recipe from a trace whose file is absent.
    """
    tenant = draw_tenant(recipe, seed)
    folder = work / f"{recipe.name}-{seed}"
    build = built(folder, stage_tenant(folder, tenant))
    estimate = product_estimate(folder / "published", tenant)
    shutil.rmtree(folder)
    return Accuracy(
        recipe=recipe,
        seed=seed,
        requests=len(tenant.requests),
        users=cost_errors(tenant, estimate.users, "caller"),
        units=cost_errors(tenant, estimate.units, "unit"),
        user_cache_error=score(tenant, estimate.tokens).user_cache_error,
        unequal=len(estimate.unequal_days),
        baselines={
            name: score(tenant, baseline(tenant.requests, tenant.points)).user_error
            for name, baseline in BASELINES.items()
        },
        build=build,
    )
