"""The seeds behind the bill: CCU prices, exchange rates, approvals, and what a row may not say."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from bill_rows import Row, charge, dated, days, export, publish, use
from core_rows import DEPLOYMENTS, Books, deployment, discount, open_books, person, write_seed
from hypothesis import given
from hypothesis import strategies as st

from models.errors import SeedError
from models.finding import DoctorFinding
from models.published import reading
from models.published_findings import published_findings
from models.reconciliation import reconciliation
from models.seed_files import deployment_doubts, read_seeds
from models.seed_loading import load_seeds
from models.sql_files import sql
from models.viewer import operator
from models.warehouse import in_memory

OCTOBER = days("2026-10-01", 31)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        opened.clock.move(datetime(2026, 11, 10, tzinfo=UTC))
        opened.observe(person(1))
        for number, day in enumerate(OCTOBER[:4], start=1):
            use(opened, number, day)
        yield opened


def seed(books: Books, name: str, *rows: Row) -> None:
    write_seed(books.folder / "seeds", f"{name}.csv", list(rows))
    load_seeds(books.connection, books.folder / "seeds")


def billed_usd(books: Books) -> dict[int, Decimal]:
    with reading(
        books.publication, operator(), first_day=OCTOBER[0], last_day=OCTOBER[-1]
    ) as published:
        rows = published.connection.execute(
            "select usage_day, sum(amount_usd) from billed where kind = 'ccu' group by all"
        ).fetchall()
    return {day.day: amount for day, amount in rows}


# CCU prices.


def test_ccu_count_at_the_price_of_their_day(books: Books) -> None:
    seed(
        books,
        "ccu_prices",
        dated(ccu_price_usd="0.01", valid_to="2026-10-03"),
        dated(ccu_price_usd="0.012", valid_from="2026-10-03"),
    )
    # Told in euros, so what they cost in USD follows from the CCU.
    euros = {"BillingCurrency": "EUR"}
    export(books, "october.csv", [charge(day, "100", **euros) for day in OCTOBER[:4]])
    publish(books)
    assert billed_usd(books) == {
        1: 1, 2: 1, 3: Decimal("1.2"), 4: Decimal("1.2"),
    }  # fmt: skip
    answer = reconciliation(books.publication, operator(), month="2026-10")
    (state,) = [row for row in answer.records() if row["line"] == "currency"]
    assert "CCU x 0.01 and later 0.012" in state["reason"]


def test_a_price_counts_from_when_it_was_known(books: Books) -> None:
    seed(
        books,
        "ccu_prices",
        dated(ccu_price_usd="0.01", recorded_to="2026-11-12"),
        dated(ccu_price_usd="0.02", recorded_from="2026-11-12"),
    )
    export(books, "october.csv", [charge("2026-10-01", "100", BillingCurrency="EUR")])
    publish(books)
    assert billed_usd(books) == {1: 1}
    books.clock.move(datetime(2026, 11, 13, tzinfo=UTC))
    publish(books)
    assert billed_usd(books) == {1: 2}


# Amounts of other currencies.

AMOUNTS = st.integers(-(10**24), 10**24).map(lambda units: Decimal(units).scaleb(-15))
RATES = st.integers(1, 10**16).map(lambda units: Decimal(units).scaleb(-9))


@given(AMOUNTS, RATES)
def test_usd_of_a_currency_are_the_nearest_there_are(amount: Decimal, rate: Decimal) -> None:
    connection = in_memory()
    for macros in ("money", "currency"):
        connection.execute(sql(f"macros/{macros}"))
    row = connection.execute(
        "select usd_of($amount::decimal(38, 15), $rate::decimal(18, 9))",
        {"amount": amount, "rate": rate},
    ).fetchone()
    connection.close()
    # round() of a fraction is exact, and half to even; a decimal of that many digits is not.
    units = round(Fraction(amount) / Fraction(rate) * 10**15)
    assert row is not None
    assert Fraction(row[0]) == Fraction(units, 10**15)


# Approved deployments.


def unapproved(books: Books) -> Mapping[str, DoctorFinding]:
    publish(books)
    found = published_findings(books.publication, books.clock, OCTOBER[0], OCTOBER[-1])
    return {
        one.text.split("deployment ")[1].split(" ")[0]: one
        for one in found
        if one.check == "deployment_unapproved"
    }


def test_without_a_row_every_deployment_is_approved(books: Books) -> None:
    assert unapproved(books) == {}


def test_use_before_an_approval_is_found_with_what_it_cost(books: Books) -> None:
    account = DEPLOYMENTS[0]["foundry_resource_id"]
    approved = dated(deployment="PLAIN", foundry_resource_id=account, valid_from="2026-10-03")
    seed(books, "approved_deployments", approved)
    found = unapproved(books)
    assert found.keys() == {"plain"}
    # Two requests of 0.003 USD, at 10:00 of the first two days.
    assert (found["plain"].count, found["plain"].severity) == (2, "warn")
    assert "$0.006" in found["plain"].text
    assert found["plain"].since == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert found["plain"].last is not None
    assert found["plain"].last.date() == date(2026, 10, 2)


def test_a_deployment_of_that_name_elsewhere_is_not_approved(books: Books) -> None:
    elsewhere = dated(deployment="plain", foundry_resource_id="/subscriptions/s/accounts/other")
    seed(books, "approved_deployments", elsewhere)
    assert unapproved(books)["plain"].count == 4


# Rows that are refused, and rows that are only doubted.

REFUSED: Mapping[str, tuple[str, list[Row], str]] = {
    "no price of a CCU": (
        "ccu_prices",
        [dated(ccu_price_usd="0")],
        "line 2: ccu_price_usd 0 is not over 0",
    ),
    "a price with a gap": (
        "ccu_prices",
        [
            dated(ccu_price_usd="0.01", valid_to="2026-10-01"),
            dated(ccu_price_usd="0.02", valid_from="2026-10-05"),
        ],
        "line 3",
    ),
    "prices that overlap": (
        "ccu_prices",
        [dated(ccu_price_usd="0.01"), dated(ccu_price_usd="0.02", valid_from="2026-10-05")],
        "line 3: overlaps line 2",
    ),
    "too many decimals": ("ccu_prices", [dated(ccu_price_usd="0.0000001")], "more than 6 decimals"),
    "a rate as a float": (
        "exchange_rates",
        [dated(currency="EUR", units_per_dollar="9.2e-1")],
        "units_per_dollar '9.2e-1' is no plain decimal",
    ),
    "a rate of nothing": (
        "exchange_rates",
        [dated(currency="EUR", units_per_dollar="0")],
        "not over 0",
    ),
    "a rate of dollars": (
        "exchange_rates",
        [dated(currency="USD", units_per_dollar="1")],
        "is USD, in which everything is counted: remove the line",
    ),
    "no currency": (
        "exchange_rates",
        [dated(currency="Euro", units_per_dollar="1")],
        "write its ISO 4217 code",
    ),
    "a day that is none": (
        "exchange_rates",
        [dated(currency="EUR", units_per_dollar="1", valid_from="01.10.2026")],
        "valid_from '01.10.2026' is no day or time",
    ),
    "a discount of an unknown model": (
        "discounts",
        [discount("claude-opus-55", "0.1")],
        "line 2: model 'claude-opus-55' is not in prices.csv",
    ),
    "a deployment with a hole": (
        "deployments",
        [
            deployment("a", "one", "claude-plain", valid_to="2026-10-01"),
            deployment("a", "one", "claude-plain", valid_from="2026-10-05"),
        ],
        "line 3",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_meant_is_refused_with_the_line_and_what_to_do(
    case: str, tmp_path: Path
) -> None:
    name, rows, told = REFUSED[case]
    write_seed(tmp_path, f"{name}.csv", rows)
    with pytest.raises(SeedError) as refused:
        read_seeds(tmp_path)
    line = str(refused.value).splitlines()[0]
    assert line.startswith(f"{name}.csv ")
    assert told in line
    assert ": " in line


def test_deployments_without_a_price_are_doubted_and_not_refused(tmp_path: Path) -> None:
    write_seed(
        tmp_path,
        "deployments.csv",
        [
            deployment("new", "one", "claude-opus-9"),
            deployment("old", "one", "claude-opus-4-1", sku="DataZoneStandard"),
            deployment("good", "one", "Claude-Opus-5", sku="DataZoneStandard"),
        ],
    )
    rows = read_seeds(tmp_path)["deployments.csv"]
    assert [row[2] for row in rows] == ["claude-opus-9", "claude-opus-4-1", "claude-opus-5"]
    first, second = deployment_doubts(tmp_path)
    assert first.startswith("deployments.csv line 2: model 'claude-opus-9' is not in prices.csv")
    assert second.startswith("deployments.csv line 3: claude-opus-4-1 has no us_data_zone")
