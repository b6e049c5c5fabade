"""Shared costs through the whole pipeline: from cost rows and policies to what people owe."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bill_rows import Row, charge, days, export, publish, use
from core_rows import Books, gateway, llm, oid, open_books, person, write_seed

from models.allocation_report import allocation
from models.chargeback import chargeback
from models.errors import ReportError, SeedError
from models.finding import DoctorFinding
from models.publication import Manifest
from models.published_findings import published_findings
from models.seed_loading import load_seeds
from models.viewer import Viewer, operator

OCTOBER = days("2026-10-01", 31)
_TIMES = ("valid_from", "valid_to", "recorded_from", "recorded_to")
_OPEN = dict.fromkeys(_TIMES, "") | {"source": "t"}


def rule(position: int, name: str, meter: str, **changes: str) -> Row:
    return (
        {
            "position": str(position),
            "shared_cost": name,
            "meter": meter,
            "resource_group": "",
            "resource": "",
        }
        | _OPEN
        | changes
    )


def policy(name: str, method: str, **changes: str) -> Row:
    row = {"shared_cost": name, "method": method, "unit": "Central", "idle_unit": ""}
    return row | _OPEN | changes


def fixed(name: str, unit: str, share: str, **changes: str) -> Row:
    return {"shared_cost": name, "unit": unit, "share": share} | _OPEN | changes


def rate(currency: str, units: str) -> Row:
    return {"currency": currency, "units_per_dollar": units} | _OPEN


def billed(day: str, amount: str, **changes: str) -> Row:
    """A cost row of the gateway."""
    return (
        charge(
            day,
            "24",
            PublisherType="Microsoft",
            PublisherName="Microsoft",
            MeterCategory="API Management",
            MeterName="Standard v2 Unit",
            CostInBillingCurrency=amount,
        )
        | changes
    )


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Two people: 1 with three requests on two days in CC-1, 2 with one in CC-2."""
    with open_books(tmp_path) as opened:
        opened.clock.move(datetime(2026, 11, 10, tzinfo=UTC))
        opened.observe(person(1), person(2, employeeOrgData={"costCenter": "CC-2"}))
        use(opened, 1, "2026-10-05")
        use(opened, 2, "2026-10-05")
        use(opened, 3, "2026-10-06")
        headers = {"x-caller-oid": oid(2)}
        at = "2026-10-06T10:00:00Z"
        opened.land(gateway(4, at, backend_request_headers=headers))
        opened.land(llm(4, at))
        yield opened


def seeds(books: Books, **files: list[Row]) -> None:
    for name, rows in files.items():
        write_seed(books.folder / "seeds", f"{name}.csv", rows)
    load_seeds(books.connection, books.folder / "seeds")


def owed(books: Books, *by: str, viewer: Viewer | None = None, **options: Any) -> list[Row]:
    answer = chargeback(
        books.publication, viewer or operator(), month="2026-10", by=by or ("unit",), **options
    )
    return answer.records()


def shared(rows: list[Row], *keys: str) -> dict[Any, Decimal]:
    return {tuple(row[key] for key in keys): row["shared_cost_usd"] for row in rows}


def findings(books: Books) -> Mapping[str, DoctorFinding]:
    return {
        one.check: one
        for one in published_findings(books.publication, books.clock, OCTOBER[0], OCTOBER[-1])
    }


def test_the_gateways_cost_stands_beside_what_each_unit_used(books: Books) -> None:
    export(books, "october.csv", [billed("2026-10-05", "20"), billed("2026-10-07", "4")])
    publish(books)
    # By requests, three to one, as the product's own policy says.
    assert shared(owed(books), "unit") == {("CC-1",): 18, ("CC-2",): 6}
    assert shared(owed(books, "user"), "oid") == {(oid(1),): 18, (oid(2),): 6}
    assert shared(owed(books, "day"), "day") == {(OCTOBER[4],): 12, (OCTOBER[5],): 12}
    assert sum(shared(owed(books, "model", "client"), "model", "client").values()) == 24
    own = Viewer("self", sees_names=True, oid=oid(2))
    assert shared(owed(books, viewer=own), "unit") == {("CC-2",): 6}


def test_what_is_unknown_stays_unknown_beside_a_share(books: Books) -> None:
    at = "2026-10-06T11:00:00Z"
    books.land(gateway(5, at), gateway(6, at))
    books.land(llm(5, at, model_name="claude-unheard-of"))
    export(books, "october.csv", [billed("2026-10-05", "12")])
    publish(books)
    for by in (("unit",), ("user", "model"), ("day",), ("manager",)):
        rows = {row["label"]: row for row in owed(books, *by) if row["label"]}
        unpriced, unmetered = rows["unpriced"], rows["unmetered"]
        assert (unpriced["list_cost_usd"], unpriced["cost_status"]) == (None, "unpriced"), by
        assert (unmetered["input_tokens"], unmetered["list_cost_usd"]) == (None, None), by
        assert unpriced["shared_cost_usd"] == unmetered["shared_cost_usd"] == 2, by


def test_without_a_bill_it_is_not_known_that_nothing_is_shared(books: Books) -> None:
    publish(books)
    assert [row["shared_cost_usd"] for row in owed(books)] == [None, None]


def test_groups_managers_and_roll_ups_carry_shared_costs(books: Books) -> None:
    parent = {"unit": "CC-1", "parent_unit": "Top"} | _OPEN
    other = {"unit": "CC-2", "parent_unit": "Top"} | _OPEN
    seeds(books, units=[parent, other])
    export(books, "october.csv", [billed("2026-10-05", "24")])
    publish(books)
    rolled = shared(owed(books, "unit", roll_up=True), "unit", "is_roll_up")
    assert rolled["Top", True] == 24
    assert (rolled["CC-1", False], rolled["CC-2", False]) == (18, 6)
    assert sum(row["shared_cost_usd"] for row in owed(books, "manager")) == 24
    assert sum(row["shared_cost_usd"] for row in owed(books, "group")) == 24


def test_the_residual_is_spread_by_a_policy_and_the_invoice_still_adds_up(books: Books) -> None:
    # Expected are 0.012 USD of four requests, billed are 0.05.
    export(books, "october.csv", [charge("2026-10-05", "3"), charge("2026-10-06", "2")])
    publish(books)
    kept = {(row["unit"], row["label"]): row["billed_cost_usd"] for row in owed(books)}
    assert kept[None, "residual"] == Decimal("0.038")
    seeds(books, allocation_policies=[policy("residual", "direct_cost")])
    publish(books)
    spread = {(row["unit"], row["label"]): row["billed_cost_usd"] for row in owed(books)}
    assert spread == {
        ("CC-1", ""): Decimal("0.009") + Decimal("0.0285"),
        ("CC-2", ""): Decimal("0.003") + Decimal("0.0095"),
        (None, "residual"): 0,
    }
    for keys in (("unit",), ("user", "day"), ("model",), ("group",), ("manager",)):
        assert sum(row["billed_cost_usd"] for row in owed(books, *keys)) == Decimal("0.05"), keys


def test_another_currency_counts_at_the_rate_of_its_day(books: Books) -> None:
    euros = {"BillingCurrency": "EUR"}
    export(books, "october.csv", [billed("2026-10-05", "23", **euros)])
    publish(books)
    found = findings(books)["shared_cost_currency"]
    assert "23.00 EUR" in found.text
    assert "exchange_rates.csv" in found.advice
    assert owed(books)[0]["shared_cost_usd"] is None
    seeds(books, exchange_rates=[rate("EUR", "0.92")])
    publish(books)
    assert sum(row["shared_cost_usd"] for row in owed(books)) == 25
    assert "shared_cost_currency" not in findings(books)


def test_what_no_rule_or_policy_knows_is_a_line_and_a_finding(books: Books) -> None:
    seeds(
        books,
        shared_costs=[
            rule(10, "gateway", "^api management"),
            rule(20, "network", "private link"),
            rule(30, "", "", resource_group="^payroll$"),
        ],
        allocation_policies=[policy("gateway", "even")],
    )
    others = [
        billed("2026-10-05", "1", MeterCategory="Private Link", MeterName="Endpoint"),
        billed("2026-10-05", "2", MeterCategory="Maps", MeterName="Tiles"),
        billed("2026-10-05", "4", MeterCategory="Disks", ResourceGroup="payroll"),
    ]
    export(books, "october.csv", [billed("2026-10-05", "24"), *others])
    publish(books)
    rows = allocation(books.publication, operator(), month="2026-10", by=["shared_cost"]).records()
    assert {row["shared_cost"]: (row["state"], row["amount_usd"]) for row in rows} == {
        "gateway": ("split", 24),
        "network": ("no policy", 1),
        "Maps / Tiles": ("no rule", 2),
    }
    assert "network" in findings(books)["shared_cost_without_policy"].text
    assert "Maps / Tiles ($2.00)" in findings(books)["meter_without_rule"].text
    assert shared(owed(books), "unit") == {("CC-1",): 12, ("CC-2",): 12}


def test_the_report_says_who_bears_what_and_its_ratios_sum_to_one(books: Books) -> None:
    seeds(
        books,
        allocation_policies=[policy("gateway", "fixed")],
        allocation_shares=[fixed("gateway", "CC-1", "0.45"), fixed("gateway", "Unused", "0.55")],
    )
    export(books, "october.csv", [billed("2026-10-05", "100")])
    publish(books)
    answer = allocation(books.publication, operator(), month="2026-10", by=["unit"])
    borne = {row["unit"]: (row["ratio"], row["amount_usd"]) for row in answer.records()}
    assert borne == {"CC-1": (Decimal("0.45"), 45), "Unused": (Decimal("0.55"), 55)}
    unused = next(row for row in owed(books) if row["unit"] == "Unused")
    assert (unused["requests"], unused["label"], unused["cost_status"]) == (0, "", "complete")
    with pytest.raises(ReportError, match="ask for your own part"):
        allocation(books.publication, Viewer("self", oid=oid(1)), month="2026-10", by=["meter"])


# What changes, and what does not.


def files(manifest: Manifest) -> str:
    return manifest.allocated["2026-10"]["allocated_shares"]


def test_a_month_is_split_again_when_its_bill_or_a_policy_changes_and_not_otherwise(
    books: Books,
) -> None:
    export(books, "october.csv", [billed("2026-10-05", "24")])
    first = publish(books)
    assert files(publish(books)) == files(first)
    export(books, "october.csv", [billed("2026-10-05", "48")], "2026-11-06")
    second = publish(books)
    assert files(second) != files(first)
    seeds(books, allocation_policies=[policy("gateway", "direct_cost")])
    third = publish(books)
    assert files(third) != files(second)
    # No day was built again for any of it.
    assert third.days == second.days == first.days


def test_a_policy_counts_from_when_it_was_known(books: Books) -> None:
    export(books, "october.csv", [billed("2026-10-05", "24")])
    late = "2026-11-12"
    seeds(
        books,
        allocation_policies=[
            policy("gateway", "requests", recorded_to=late),
            policy("gateway", "even", recorded_from=late),
        ],
    )
    publish(books)
    assert shared(owed(books), "unit") == {("CC-1",): 18, ("CC-2",): 6}
    books.clock.move(datetime(2026, 11, 13, tzinfo=UTC))
    publish(books)
    assert shared(owed(books), "unit") == {("CC-1",): 12, ("CC-2",): 12}


# Files that are refused.

REFUSED: Mapping[str, tuple[str, list[Row], str]] = {
    "shares below 1": (
        "allocation_shares",
        [fixed("gateway", "A", "0.45"), fixed("gateway", "B", "0.5499")],
        "line 3: the shares of gateway sum to 0.9999 at any time (lines 2, 3): correct them",
    ),
    "shares that sum to 1 only at first": (
        "allocation_shares",
        [fixed("g", "A", "0.5"), fixed("g", "B", "0.5", valid_to="2026-10-10")],
        "line 2: the shares of g sum to 0.5 on 2026-10-10 (lines 2): correct them",
    ),
    "a share over 1": ("allocation_shares", [fixed("g", "A", "45")], "write 12.5 % as 0.125"),
    "a share of nothing": ("allocation_shares", [fixed("g", "A", "0")], "not over 0"),
    "a share as a float": ("allocation_shares", [fixed("g", "A", "1e-1")], "no plain decimal"),
    "too many decimals": (
        "allocation_shares",
        [fixed("g", "A", "0.1234567890123")],
        "more than 12 decimals",
    ),
    "a unit twice": (
        "allocation_shares",
        [fixed("g", "A", "0.5"), fixed("g", "A", "0.5")],
        "line 3: overlaps line 2 for g, A",
    ),
    "an unknown method": ("allocation_policies", [policy("g", "fair")], "write direct_cost"),
    "a policy for nobody": ("allocation_policies", [policy("g", "even", unit="")], "is empty"),
    "policies that overlap": (
        "allocation_policies",
        [policy("g", "even"), policy("g", "requests", valid_from="2026-10-01")],
        "line 3: overlaps line 2 for g: end the older row where the newer begins",
    ),
    "idle hours of a residual": (
        "allocation_policies",
        [policy("residual", "even", idle_unit="IT")],
        "idle_unit says nothing to the residual",
    ),
    "a rule for everything": ("shared_costs", [rule(1, "g", "")], "fits every charge"),
    "a rule called residual": ("shared_costs", [rule(1, "residual", "x")], "choose another name"),
    "no regular expression": ("shared_costs", [rule(1, "g", "(")], "no regular expression"),
    "fixed shares that are not there": (
        "allocation_policies",
        [policy("gateway", "fixed")],
        "gateway is split by fixed shares, but allocation_shares.csv has none for it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_meant_is_refused_with_the_line_and_what_to_do(
    case: str, tmp_path: Path
) -> None:
    name, rows, told = REFUSED[case]
    with open_books(tmp_path) as books, pytest.raises(SeedError) as refused:
        seeds(books, **{name: rows})
    assert told in str(refused.value)
