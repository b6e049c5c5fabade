"""The golden month's shared costs: what the recorded bill says, split by what was used."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from models.allocation_report import allocation
from models.chargeback import chargeback
from models.viewer import operator

MONTH = "2026-10"
_CATEGORIES = {"API Management": "gateway", "Log Analytics": "logs", "Virtual Network": "network"}


@pytest.fixture(scope="module")
def recorded(golden) -> dict[str, Decimal]:
    """What the workspace's cost rows add up to, by shared cost."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in _cost_rows(golden.workspace / "costs"):
        name = _CATEGORIES.get(row["MeterCategory"])
        if name and row["ResourceGroup"] == "claude":
            found[name] += Decimal(str(row["CostInBillingCurrency"]))
    return found


def _cost_rows(folder: Path) -> Iterator[dict]:
    for file in sorted(folder.iterdir()):
        opened = gzip.open if file.suffix == ".gz" else open
        with opened(file, "rt", encoding="utf-8") as lines:
            yield from (json.loads(line, parse_float=Decimal) for line in lines)


def borne(golden, name: str) -> dict[tuple[str | None, str], Decimal]:
    answer = allocation(golden.settings.publication_dir, operator(), month=MONTH, by=["unit"])
    return {
        (row["unit"], row["label"]): row["amount_usd"]
        for row in answer.records()
        if row["shared_cost"] == name
    }


def test_all_that_was_recorded_is_split(golden, recorded: dict[str, Decimal]) -> None:
    answer = allocation(
        golden.settings.publication_dir, operator(), month=MONTH, by=["shared_cost"]
    )
    split = {
        row["shared_cost"]: row["amount_usd"] for row in answer.records() if row["state"] == "split"
    }
    assert split == recorded
    for by in ("unit", "user", "group", "manager", "model", "client", "day"):
        rows = chargeback(golden.settings.publication_dir, operator(), month=MONTH, by=[by])
        total = sum(row["shared_cost_usd"] for row in rows.records())
        # Somebody in two groups stands in both.
        assert total == sum(recorded.values()) if by != "group" else total > 0, by


def test_the_gateway_is_split_by_requests(golden, recorded: dict[str, Decimal]) -> None:
    rows = chargeback(golden.settings.publication_dir, operator(), month=MONTH, by=["unit"])
    requests = {
        (row["unit"], row["label"]): row["requests"]
        for row in rows.records()
        if row["label"] != "outside_gateway" and row["requests"]
    }
    found = borne(golden, "gateway")
    assert found.keys() == requests.keys()
    for key, amount in found.items():
        exact = Fraction(recorded["gateway"]) * requests[key] / sum(requests.values())
        # A unit's part is of several people, each rounded.
        assert abs(Fraction(amount) - exact) < Fraction(1, 10**12)


def test_the_network_is_split_evenly(golden, recorded: dict[str, Decimal]) -> None:
    per_unit: dict[str | None, Decimal] = defaultdict(Decimal)
    for (unit, _), amount in borne(golden, "network").items():
        per_unit[unit] += amount
    assert None not in per_unit
    for amount in per_unit.values():
        exact = Fraction(recorded["network"]) / len(per_unit)
        assert abs(Fraction(amount) - exact) <= Fraction(1, 10**15)
