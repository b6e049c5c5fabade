"""The reviewed files that split shared costs: which charges they are, how, and in which shares.

`shared_costs.csv` is read in the order of `position`: a charge other than Claude's belongs to the
first rule whose patterns (regular expressions, found anywhere and in any case) all fit; a rule
without `shared_cost` says that what fits is not shared. `allocation_policies.csv` says how a shared
cost is split, by one of METHODS; the shared cost `residual` is what the bridge leaves.
`allocation_shares.csv` has the shares of the method `fixed`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from models import seed_cells as cells
from models.money import exact
from models.seeds import FOREVER, REVIEW, TIMES, NumberedRows, SeedTable, optional

METHODS = ("direct_cost", "requests", "tokens", "bytes", "even", "fixed", "central")
RESIDUAL = "residual"
"""The shared cost that stands for what the bridge to the invoice cannot explain."""

_SHARE_PLACES = 12


def pattern(text: str) -> str | None:
    """Read a regular expression; empty fits everything."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text[:40]!r} is no regular expression ({error}): correct it") from None
    return text or None


def method(text: str) -> str:
    """Read how a shared cost is split."""
    if text not in METHODS:
        raise ValueError(f"{text[:40]!r} is unknown: write {', '.join(METHODS)}")
    return text


def shared_cost(text: str) -> str | None:
    """Read the name of a shared cost that charges belong to; empty means that they are not ours."""
    if text == RESIDUAL:
        raise ValueError(f"{text!r} is what the bridge leaves, no charge: choose another name")
    return text or None


def share(text: str) -> Decimal:
    """Read a share over 0 and at most 1."""
    number = cells.amount(text)
    if not 0 < number <= 1:
        raise ValueError(f"{text} is not over 0 and at most 1: write 12.5 % as 0.125")
    if cells.decimal_places(number) > _SHARE_PLACES:
        raise ValueError(f"{text} has more than {_SHARE_PLACES} decimals: round it")
    return number


def _rule_problems(row: Mapping[str, Any]) -> Iterator[str]:
    if not (row["meter"] or row["resource_group"] or row["resource"]):
        yield "fits every charge: write a pattern for the meter, the resource_group or the resource"


def _policy_problems(row: Mapping[str, Any]) -> Iterator[str]:
    if row["idle_unit"] and row["shared_cost"] == RESIDUAL:
        yield "idle_unit says nothing to the residual, which has no hours: leave it empty"


def _sum_problems(rows: NumberedRows) -> Iterator[str]:
    """Yield shared costs whose shares do not sum to 1 at some moment of either time."""
    by_cost: dict[str, list[tuple[int, Mapping[str, Any]]]] = defaultdict(list)
    for number, row in rows:
        by_cost[row["shared_cost"]].append((number, row))
    for name, group in by_cost.items():
        for valid, recorded in _moments(row for _, row in group):
            found = [(n, row) for n, row in group if _holds(row, valid, recorded)]
            total = sum((row["share"] for _, row in found), Decimal(0))
            if found and total != 1:
                lines = ", ".join(str(number) for number, _ in found)
                since = "at any time" if valid.year == 1970 else f"on {valid:%Y-%m-%d}"
                yield (
                    f"line {found[-1][0]}: the shares of {name} sum to {exact(total)} {since}"
                    f" (lines {lines}): correct them until they sum to exactly 1"
                )
                break


def uncovered_problems(
    policies: Sequence[tuple[Any, ...]], shares: Sequence[tuple[Any, ...]]
) -> Iterator[str]:
    """Yield policies that split by fixed shares at a time for which there are none.

    Both are rows as `read_dated` returns them.
    """
    for policy in map(_named(POLICIES), policies):
        if policy["method"] != "fixed":
            continue
        spans = sorted(
            (row["valid_from"], row["valid_to"])
            for row in map(_named(SHARES), shares)
            if row["shared_cost"] == policy["shared_cost"]
            and row["recorded_from"] < policy["recorded_to"]
            and policy["recorded_from"] < row["recorded_to"]
        )
        covered = policy["valid_from"]
        for start, until in spans:
            if start <= covered:
                covered = max(covered, until)
        if covered < policy["valid_to"]:
            since = "" if covered.year == 1970 else f" from {covered:%Y-%m-%d} on"
            yield (
                f"{POLICIES.file_name}: {policy['shared_cost']} is split by fixed shares, but"
                f" {SHARES.file_name} has none for it{since}: add them, or end the policy there"
            )


def _named(seed: SeedTable) -> Callable[[tuple[Any, ...]], Mapping[str, Any]]:
    return lambda row: dict(zip(seed.columns, row, strict=False))


def _moments(rows: Any) -> Iterator[tuple[datetime, datetime]]:
    """Yield every pair of a valid and a recorded time at which something begins or ends."""
    listed = list(rows)
    edges = {
        name: sorted(
            {row[f"{name}_{side}"] for row in listed for side in ("from", "to")} - {FOREVER}
        )
        for name in ("valid", "recorded")
    }
    for valid in edges["valid"]:
        for recorded in edges["recorded"]:
            yield valid, recorded


def _holds(row: Mapping[str, Any], valid: datetime, recorded: datetime) -> bool:
    is_valid: bool = row["valid_from"] <= valid < row["valid_to"]
    is_known: bool = row["recorded_from"] <= recorded < row["recorded_to"]
    return is_valid and is_known


SHARED_COSTS = SeedTable(
    "shared_costs.csv",
    {
        "position": cells.count,
        "shared_cost": shared_cost,
        "meter": pattern,
        "resource_group": pattern,
        "resource": pattern,
        **TIMES,
    },
    key=("position",),
    problems_of=_rule_problems,
    review=REVIEW,
)
POLICIES = SeedTable(
    "allocation_policies.csv",
    {
        "shared_cost": cells.filled,
        "method": method,
        "unit": cells.filled,
        "idle_unit": optional,
        **TIMES,
    },
    key=("shared_cost",),
    problems_of=_policy_problems,
    review=REVIEW,
)
SHARES = SeedTable(
    "allocation_shares.csv",
    {"shared_cost": cells.filled, "unit": cells.filled, "share": share, **TIMES},
    key=("shared_cost", "unit"),
    problems_among=_sum_problems,
    review=REVIEW,
)
ALLOCATION_SEEDS = (SHARED_COSTS, POLICIES, SHARES)
