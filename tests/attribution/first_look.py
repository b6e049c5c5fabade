"""Draw a tenant, and show how far the simple ways to attribute its cache are from the truth.

Run as `python tests/attribution/first_look.py [--recipe NAME] [--seed N] [--out FOLDER]`.
"""

import argparse
import sys
from pathlib import Path
from time import perf_counter

# In the place of this folder, whose modules would else be found under short names too.
sys.path.pop(0)
sys.path.insert(0, str(Path(__file__).parents[1]))

from attribution.baselines import BASELINES
from attribution.recipes import RECIPES
from attribution.scores import Scores, score
from attribution.tenant import draw_tenant, write_tenant


def main() -> None:
    """Draw the tenant asked for, write it if asked, and print the scores of the baselines."""
    options = argparse.ArgumentParser()
    options.add_argument("--recipe", choices=RECIPES, default="base-20")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--out", type=Path, help="folder for the tenant's tables")
    asked = options.parse_args()
    begun = perf_counter()
    tenant = draw_tenant(RECIPES[asked.recipe], asked.seed)
    print(f"{asked.recipe}, seed {asked.seed}: {len(tenant.requests):,} requests", end=", ")
    print(f"{len(tenant.points):,} points, {perf_counter() - begun:.1f} s")
    if asked.out:
        write_tenant(tenant, asked.out)
    print(f"{'':26}{'user':>8}{'cache':>8}{'unit':>8}{'cache':>8}{'p90 >$5':>9}{'total':>8}")
    for name, estimate in BASELINES.items():
        print(f"{name:26}{_line(score(tenant, estimate(tenant.requests, tenant.points)))}")


def _line(scores: Scores) -> str:
    p90 = scores.large_user_p90_error
    shares = (
        scores.user_error,
        scores.user_cache_error,
        scores.unit_error,
        scores.unit_cache_error,
    )
    large = f"{p90:9.1%}" if p90 is not None else f"{'-':>9}"
    return "".join(f"{share:8.1%}" for share in shares) + large + f"{scores.total_error:8.1%}"


if __name__ == "__main__":
    main()
