"""The month from list cost to invoice: its lines, their causes, and the chargeback beside it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from bill_rows import GROUP, charge, export, publish
from billed_month import (
    BILLED,
    CCU,
    DAILY,
    DEPLOYMENTS,
    LATER,
    OCTOBER,
    USED,
    WALK,
    amounts,
    bill,
    billed,
    bounds,
    findings,
    lines,
    log,
    logged,
    logged_month,
    report,
)
from core_rows import PRICES, Books, deployment, discount, gateway, oid, open_books, price

from models.chargeback import KEY_COLUMNS, chargeback
from models.errors import ReportError
from models.money import exact
from models.reconciliation import reconciliation
from models.viewer import Viewer, operator


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with logged_month(tmp_path_factory.mktemp("month")) as books:
        yield books


# The walk.


def test_a_month_that_adds_up_is_matched(month: Books) -> None:
    bill(month, [charge(day, CCU) for day in OCTOBER])
    assert amounts(month) == {
        "measured": USED,
        "expected": USED,
        "residual": BILLED - USED,
        "billed": BILLED,
    }
    found = lines(month)
    assert found["billed"]["ccu"] == 31 * 201
    assert found["state"]["state"] == "matched"
    assert "within the limit of $10.00" in found["state"]["reason"]
    assert "on 31 of 31 days: no rate is wrong throughout" in found["factor"]["reason"]
    rounding = bounds(month)["hourly_rounding"]
    assert (rounding["low_usd"], rounding["high_usd"]) == (Decimal("-0.62"), Decimal("0.62"))
    assert findings(month)["invoice"].severity == "ok"


def test_lines_by_day_and_group_add_up_to_the_month(month: Books) -> None:
    bill(month, [charge(day, "190") for day in OCTOBER])
    whole = amounts(month)
    for by in (["day"], ["resource_group"], ["day", "resource_group"]):
        rows = report(month, *by)
        for name, amount in whole.items():
            split = [row for row in rows if row["line"] == name and row["kind"] != "bound"]
            assert sum(Fraction(row["amount_usd"]) for row in split) == amount, (by, name)
        assert {row["resource_group"] for row in rows if row["kind"] in WALK} == {
            GROUP.lower() if "resource_group" in by else None
        }
        totals = [row for row in rows if row["kind"] == "total"]
        assert len(totals) == (31 if "day" in by else 1)
        assert all(row["amount_usd"] == row["running_usd"] for row in totals)


def test_the_chargeback_is_the_invoice_by_every_key(month: Books) -> None:
    bill(
        month,
        [
            *(charge(day, CCU) for day in OCTOBER),
            charge("2026-10-20", "-30", ChargeType="Refund", PreviousInvoiceId="G1"),
            charge("2026-10-21", "", ChargeType="Credit", CostInBillingCurrency="-1.5"),
            charge("2026-10-31", "", ChargeType="Tax", CostInBillingCurrency="11.84"),
        ],
    )
    for key in KEY_COLUMNS:
        assert billed(month, key) == BILLED - Fraction("0.3") - Fraction("1.5"), key
    answer = chargeback(month.publication, operator(), month="2026-10", by=["day"])
    rows = {(str(row["day"])[8:], row["label"]): row for row in answer.records()}
    assert len(rows) == 31 * 2 + 1
    assert rows["20", "correction"]["billed_cost_usd"] == Decimal("-0.3")
    assert rows["20", ""]["billed_cost_usd"] == Decimal("2.001")
    assert rows["20", "residual"]["billed_cost_usd"] == Decimal("0.009")
    assert rows["21", "residual"]["billed_cost_usd"] == Decimal("-1.491")


def test_days_without_a_bill_have_no_billed_cost(month: Books) -> None:
    bill(month, [charge(day, CCU) for day in OCTOBER[:20]])
    answer = chargeback(month.publication, operator(), month="2026-10", by=["day"])
    unbilled = [row for row in answer.records() if row["day"].day > 20]
    assert [(row["label"], row["billed_cost_usd"]) for row in unbilled] == [("", None)] * 11
    assert billed(month, "day") == 20 * Fraction(201, 100)


# Named causes.


def test_a_discount_that_the_seed_lacks_is_solved_and_is_not_final(month: Books) -> None:
    bill(month, [charge(day, "161") for day in OCTOBER])
    found = amounts(month)
    k = Fraction(31 * 161, 100) / USED
    rounded = round(k, 6)
    assert found["discount_mismatch"] == USED * (rounded - 1)
    assert found["residual"] == Fraction(31 * 161, 100) - USED * rounded
    assert abs(found["residual"]) < Fraction(1, 1000)
    row = lines(month)["discount_mismatch"]
    assert f"billed is {float(rounded)} of expected on 31 of 31 days" in row["reason"]
    assert row["state"] == "residual too large"
    seen = findings(month)
    assert (seen["invoice"].severity, seen["discount_mismatch"].severity) == ("fail", "warn")
    assert "--month 2026-10 --by day" in seen["invoice"].advice


def test_a_residual_on_some_days_is_not_a_factor(month: Books) -> None:
    rows = [charge(day, "900" if day.day in {5, 6} else CCU) for day in OCTOBER]
    bill(month, rows)
    found = amounts(month)
    assert "discount_mismatch" not in found
    assert found["residual"] == BILLED - USED + 2 * (9 - Fraction(201, 100))
    assert lines(month)["state"]["state"] == "residual too large"
    split = [row for row in report(month, "day") if row["line"] == "residual"]
    large = [row["day"].day for row in split if row["amount_usd"] > 1]
    assert large == [5, 6]


def test_the_limits_are_settings(month: Books) -> None:
    rows = [charge(day, "150") for day in OCTOBER]
    bill(month, rows)
    assert lines(month)["state"]["state"] == "residual too large"
    publish(month, residual_limit_usd=Decimal(20))
    assert lines(month)["state"]["state"] == "matched"
    publish(month, residual_limit_share=Decimal("0.5"))
    assert "limit of $23.25" in lines(month)["state"]["reason"]
    publish(month, residual_limit_usd=Decimal(0), residual_limit_share=Decimal(0))
    assert lines(month)["state"]["state"] == "residual too large"


def test_usage_of_legacy_meters_is_not_held_against_ccu(month: Books) -> None:
    legacy = {"MeterName": "claude-plain input", "UnitOfMeasure": "1K"}
    rows = [
        charge(day, "2001", **legacy, CostInBillingCurrency="2.001")
        if day.day <= 10
        else charge(day, CCU)
        for day in OCTOBER
    ]
    bill(month, rows)
    found = amounts(month)
    assert found["legacy_meters"] == -10 * DAILY
    assert found["expected"] == 21 * DAILY
    assert found["billed"] == 21 * Fraction(201, 100) == billed(month, "unit")
    (beside,) = [row for row in report(month) if row["line"] == "legacy_billed"]
    assert beside["amount_usd"] == Decimal("20.01")
    answer = chargeback(month.publication, operator(), month="2026-10", by=["day"])
    costs = {row["day"].day: row["billed_cost_usd"] for row in answer.records() if not row["label"]}
    assert (costs[10], costs[11]) == (0, Decimal("2.001"))


def test_quantities_with_decimals_are_not_rounded(month: Books) -> None:
    bill(month, [charge(day, "200.1", CostInBillingCurrency="2.001") for day in OCTOBER])
    assert amounts(month)["residual"] == 0
    assert "hourly_rounding" not in bounds(month)
    assert lines(month)["residual"]["reason"] == "nothing is left"


def test_discounts_of_the_seed_are_steps_by_model(tmp_path: Path) -> None:
    with open_books(
        tmp_path,
        deployments=DEPLOYMENTS,
        discounts=(discount("claude-plain", "0.25"), discount("claude-band", "0.5")),
    ) as books:
        logged(books, OCTOBER[:6])
        log(books, 90, OCTOBER[0], "claude-band")
        export(books, "october.csv", [charge(day, "150") for day in OCTOBER[:6]])
        publish(books)
        rows = [row for row in report(books) if row["line"] == "discount"]
        assert {row["model"]: Fraction(row["amount_usd"]) for row in rows} == {
            "claude-plain": -6 * DAILY / 4,
            "claude-band": -(Fraction(1, 2) + Fraction(250, 10**6)) / 2,
        }
        assert lines(books)["expected"]["running_usd"] == lines(books)["expected"]["amount_usd"]


def test_causes_without_an_amount_have_bounds(tmp_path: Path) -> None:
    fable = price("claude-fable-5", "10", "50")
    listed = (*DEPLOYMENTS, deployment("fable", "one", "claude-fable-5"))
    with open_books(tmp_path, deployments=listed, prices=(*PRICES, fable)) as books:
        logged(books, OCTOBER[:1])
        log(books, 91, OCTOBER[0], "claude-fable-5")
        log(books, 92, OCTOBER[0], "claude-unheard-of")
        books.land(gateway(93, "2026-10-01T11:00:00Z"), window=LATER)
        log(books, 94, OCTOBER[0], request_size_bytes=1_500_000, usage={"prompt_tokens": 9})
        export(books, "october.csv", [charge(OCTOBER[0], "1500")])
        publish(books)
        found = bounds(books)
        assert found["unbilled_refusals"]["low_usd"] == -Decimal("10.005")
        assert found["unbilled_refusals"]["high_usd"] == 0
        assert found["unknown_price"]["cases"] == 1
        assert found["aborted_streams"]["cases"] == 1
        for line in ("unknown_price", "aborted_streams"):
            assert (found[line]["low_usd"], found[line]["high_usd"]) == (0, None)
        # What is unseen of the one prompt that leaves room, written to the cache for an hour.
        assert found["unknown_tokens"]["high_usd"] == (1_000_000 - 9) * Decimal("0.000004")
        residual = lines(books)["residual"]
        assert residual["low_usd"] == -Decimal("10.005") - 3 * Decimal("0.01")
        assert residual["high_usd"] is None


def test_the_report_is_refused_where_it_cannot_be(month: Books) -> None:
    with pytest.raises(ReportError, match="choose from day, resource_group"):
        report(month, "user")
    one = Viewer("somebody", oid=oid(1))
    with pytest.raises(ReportError, match="about the whole tenant"):
        reconciliation(month.publication, one, month="2026-10")


def test_the_worked_example_of_the_document_is_what_comes_out(tmp_path: Path) -> None:
    offer = (discount("claude-plain", "0.25"),)
    with open_books(tmp_path, deployments=DEPLOYMENTS, discounts=offer) as books:
        logged(books)
        usual = [charge(day, "451" if day.day in {5, 6} else "151") for day in OCTOBER]
        refund = charge("2026-10-20", "-30", ChargeType="Refund", PreviousInvoiceId="G202609")
        export(books, "october.csv", [*usual, refund])
        publish(books)
        told = {row["line"]: row for row in report(books)}
        by_day = [row for row in report(books, "day") if row["line"] == "residual"]
        rows = chargeback(books.publication, operator(), month="2026-10", by=["day"]).records()
    document = (Path(__file__).parents[2] / "docs/bridge.md").read_text(encoding="utf-8")
    cells = r"\| ([-\d.]*)(?: to ([\d.]+))? ?\| ([\d.]*) ?\|"
    example = re.findall(rf"^\| (\w+) {cells}", document, re.MULTILINE)
    assert [line for line, *_ in example] == [
        row["line"] for row in told.values() if row["kind"] not in {"note", "state"}
    ]
    for line, amount, high, running in example:
        row = told[line]
        known = row["low_usd"] if high else row["amount_usd"] if amount else row["running_usd"]
        assert exact(known) == (amount or running), line
        assert not high or exact(row["high_usd"]) == high
        assert not running or exact(row["running_usd"]) == running, line
    assert f"{exact(told['expected']['ccu'])}" == "4652.325"
    assert told["state"]["state"] == "matched"
    apart = {row["day"].day: exact(row["amount_usd"]) for row in by_day}
    assert (apart[5], apart[6], apart[7]) == ("3.00925", "3.00925", "0.00925")
    booked = {row["label"]: exact(row["billed_cost_usd"]) for row in rows if row["day"].day == 20}
    assert booked == {"": "1.50075", "correction": "-0.3", "residual": "0.00925"}
    for figure in ("3.00925", "0.00925", "1.50075", "4,652.325"):
        assert figure in document
