"""What becomes of a bill in another currency, with credits, twice, early, late or never."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from bill_rows import answer, charge, dated, export, publish
from billed_month import (
    BILLED,
    CCU,
    DAILY,
    DEPLOYMENTS,
    OCTOBER,
    USED,
    amounts,
    bill,
    billed,
    findings,
    lines,
    logged,
    logged_month,
    report,
)
from core_rows import Books, open_books


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with logged_month(tmp_path_factory.mktemp("month")) as books:
        yield books


# Bad bills.


def test_an_invoice_in_another_currency(month: Books) -> None:
    euros = {
        "BillingCurrency": "EUR",
        "CostInBillingCurrency": "1.8693",
        "ExchangeRatePricingToBilling": "0.93",
    }
    rows = [charge(day, CCU, **euros) for day in OCTOBER]
    bill(month, rows)
    found = lines(month)
    assert Fraction(found["billed"]["amount_usd"]) == BILLED
    assert found["state"]["state"] == "matched"
    assert found["currency"]["reason"].startswith("The invoice is 57.9483 EUR, exchange rate 0.93;")
    credit = charge("2026-10-20", "", ChargeType="Credit", **euros)
    bill(month, [*rows, credit])
    found = lines(month)
    assert found["billed"]["amount_usd"] is None
    assert found["residual"]["amount_usd"] is None
    assert found["state"]["state"] == "provisional"
    assert "1 charge in EUR has neither CCU, nor an amount in USD" in found["state"]["reason"]
    finding = findings(month)["invoice_currency"]
    assert (finding.severity, finding.count, str(finding.since)[:10]) == ("fail", 1, "2026-10-20")
    assert finding.text.endswith("nor a rate of their day: 1.8693 EUR")
    assert finding.advice.startswith("add a line for EUR from 2026-10-20 to exchange_rates.csv")
    # With that line it is 2 USD.
    month.seed("exchange_rates.csv", dated(currency="EUR", units_per_dollar="0.934650000"))
    publish(month)
    assert Fraction(lines(month)["billed"]["amount_usd"]) == BILLED + 2
    assert "invoice_currency" not in findings(month)


def test_an_invoice_with_credits_and_refunds(month: Books) -> None:
    told = {
        "credit": ("Credit", "-4.5"),
        "refund": ("Refund", "-2.25"),
        "adjustment": ("Adjustment", "0.75"),
        "rounding_adjustment": ("RoundingAdjustment", "0.004"),
    }
    rows = [charge(day, CCU) for day in OCTOBER]
    for kind, cost in told.values():
        rows.append(charge("2026-10-31", "", ChargeType=kind, CostInBillingCurrency=cost))
    rows.append(charge("2026-10-31", "", ChargeType="Tax", CostInBillingCurrency="9.99"))
    bill(month, rows)
    found = amounts(month)
    for line, (_, cost) in told.items():
        assert found[line] == Fraction(cost), line
    assert found["residual"] == BILLED - USED
    assert found["billed"] == BILLED + sum(Fraction(cost) for _, cost in told.values())
    assert lines(month)["state"]["state"] == "matched"
    (tax,) = [row for row in report(month) if row["line"] == "tax"]
    assert (tax["kind"], tax["amount_usd"]) == ("memo", Decimal("9.99"))


def test_a_bill_that_came_twice_is_counted_once(month: Books) -> None:
    rows = [charge(day, CCU) for day in OCTOBER]
    bill(month, rows)
    export(month, "copy/october.csv", rows, "2026-11-06")
    publish(month)
    assert amounts(month)["billed"] == BILLED
    assert "31 days are told by more than one source or export" in lines(month)["sources"]["reason"]
    answer(month, OCTOBER[0], date(2026, 11, 1), [charge(day, "205") for day in OCTOBER])
    publish(month)
    assert amounts(month)["billed"] == BILLED
    assert "differs by $0.0400 on some day" in lines(month)["sources"]["reason"]
    assert findings(month)["invoice_sources"].severity == "warn"


# Months of their own.


def test_before_the_month_ends_it_is_open(tmp_path: Path) -> None:
    with open_books(tmp_path, deployments=DEPLOYMENTS) as books:
        logged(books, OCTOBER[:20])
        books.clock.move(datetime(2026, 10, 20, 12, tzinfo=UTC))
        publish(books)
        assert lines(books)["state"]["reason"] == "The month is not over, and no CCU is billed yet."
        rows = [charge(day, CCU) for day in OCTOBER[:18]]
        export(books, "october.csv", rows, "2026-10-19T06:00")
        publish(books)
        found = lines(books)
        assert found["state"]["state"] == "open"
        assert (
            "18 of 31 days are billed. The bill of 3 days may still change."
            in (found["state"]["reason"])
        )
        assert Fraction(found["late_data"]["amount_usd"]) == 3 * Fraction("0.009") - 2 * DAILY
        assert found["late_data"]["reason"] == (
            "the day is not billed yet; the day's bill may still change"
        )
        assert amounts(books)["residual"] == 15 * Fraction("0.009")
        assert findings(books)["invoice"].severity == "ok"


def test_a_month_that_is_never_billed_says_where_to_look(tmp_path: Path) -> None:
    with open_books(tmp_path, deployments=DEPLOYMENTS) as books:
        logged(books, OCTOBER[:2])
        publish(books, billing_scope=None)
        assert "No costs are read: set TOLLBOOK_BILLING_SCOPE" in lines(books)["state"]["reason"]
        assert findings(books)["invoice"].severity == "ok"
        others = [charge(day, "1", PublisherType="Microsoft") for day in OCTOBER]
        export(books, "october.csv", others)
        publish(books)
        found = lines(books)
        assert found["state"]["state"] == "open"
        assert "No CCU is billed, 10 days after the month's end" in found["state"]["reason"]
        assert "TOLLBOOK_CCU_METER" in found["state"]["reason"]
        assert findings(books)["invoice"].severity == "warn"
        assert billed(books, "unit") == 0
        assert amounts(books)["late_data"] == -2 * DAILY


def test_after_the_month_a_day_may_still_be_missing(tmp_path: Path) -> None:
    with open_books(tmp_path, deployments=DEPLOYMENTS) as books:
        logged(books, OCTOBER[4:])
        rows = [charge(day, CCU) for day in OCTOBER]
        export(books, "october.csv", rows, "2026-11-01T06:00")
        publish(books)
        found = lines(books)
        assert found["state"]["state"] == "provisional"
        assert "The bill of 3 days may still change." in found["state"]["reason"]
        late = 4 * Fraction(201, 100) + 3 * Fraction("0.009")
        assert Fraction(found["late_data"]["amount_usd"]) == late
        assert "billed for days before the log begins" in found["late_data"]["reason"]
