"""What Claude was billed: which rows are its, in what, and which of several sources counts."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bill_rows import GROUP, Row, answer, charge, dated, days, export, focus, publish, use
from core_rows import PRICES, Books, open_books, person, price, rows_of

from models.bill import prepare_bill
from models.errors import PublicationError, SettingsError
from models.published import reading
from models.viewer import Viewer, operator

OCTOBER = days("2026-10-01", 31)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        opened.clock.move(datetime(2026, 11, 10, tzinfo=UTC))
        yield opened


def billed(books: Books, **settings: Any) -> list[Row]:
    prepare_bill(books.connection, books.settings.model_copy(update=settings), books.clock.now())
    books.connection.execute("create schema if not exists marts")
    for table in ("billed", "billed_days"):
        statement = (Path(__file__).parents[2] / f"sql/marts/{table}.sql").read_text()
        books.connection.execute(f"create or replace table marts.{table} as {statement}")
    return rows_of(books.connection, "from marts.billed order by all")


def days_of(books: Books) -> dict[date, Row]:
    return {row["usage_day"]: row for row in rows_of(books.connection, "from marts.billed_days")}


def by_case(books: Books, cases: list[dict[str, str]]) -> dict[int, Row]:
    """What becomes of a charge of 5 October with each of the changes; a group tells them apart."""
    rows = [
        charge("2026-10-05", "100", ResourceGroup=str(number)) | changes
        for number, changes in enumerate(cases)
    ]
    export(books, "october.csv", rows)
    return {int(row["resource_group"]): row for row in billed(books)}


def kinds(rows: list[Row]) -> set[tuple[str, str | None]]:
    return {(row["kind"], row["llm_model"]) for row in rows}


# Which rows.


KINDS = (
    ({}, ("ccu", None)),
    ({"MeterName": "CCU", "PublisherName": "Anthropic, PBC"}, ("ccu", None)),
    ({"MeterName": "Usage", "UnitOfMeasure": "1 CCU"}, ("ccu", None)),
    ({"MeterName": "Output", "MeterCategory": "Claude Plain"}, ("legacy", "claude-plain")),
    (
        {
            "MeterName": "Input tokens",
            "ResourceId": "/x/claude-band-0a1b2c3d-0000-4000-8000-00000000000f",
        },
        ("legacy", "claude-band"),
    ),
    ({"MeterName": "Claude Opus 4.6 Cache Reads"}, ("legacy", "claude-opus-4-6")),
    ({"MeterName": "claude-3-5-haiku-output"}, ("legacy", "claude-3-5-haiku")),
    ({"MeterName": "Seats", "MeterCategory": "Team plan"}, ("other_claude", None)),
    ({"MeterName": "Accuracy check", "MeterCategory": ""}, ("other_claude", None)),
    ({"PublisherName": "Fabrikam"}, None),
    ({"PublisherType": "Microsoft"}, None),
    ({"PublisherType": "", "MeterName": "CCU"}, ("ccu", None)),
    ({"PublisherName": ""}, ("ccu", None)),
    ({"PublisherName": "", "MeterName": "Maps for Claude"}, ("other_claude", None)),
    ({"PublisherName": "", "MeterName": "Maps", "MeterCategory": ""}, None),
)


def test_a_row_is_told_by_its_publisher_and_meter(books: Books) -> None:
    found = by_case(books, [changes for changes, _ in KINDS])
    assert len(KINDS) == 15
    for number, (changes, kind) in enumerate(KINDS):
        row = found.get(number)
        assert (row and (row["kind"], row["llm_model"])) == kind, changes


def test_the_longest_known_model_is_meant(books: Books) -> None:
    known = [price(model, "1", "2") for model in ("claude-opus-4", "claude-opus-4-1")]
    books.seed("prices.csv", *PRICES, *known)
    export(books, "a.csv", [charge("2026-10-05", "1", MeterName="Claude Opus 4.1 Input")])
    assert kinds(billed(books)) == {("legacy", "claude-opus-4-1")}


def test_the_patterns_are_settings(books: Books) -> None:
    row = {"PublisherName": "Contoso Resale", "MeterName": "Model credits"}
    export(books, "october.csv", [charge("2026-10-05", "100", **row)])
    assert billed(books) == []
    (found,) = billed(books, claude_publisher="contoso", ccu_meter="^saas model credits")
    assert (found["kind"], found["ccu"]) == ("ccu", 100)
    with pytest.raises(SettingsError, match="TOLLBOOK_CCU_METER: DuckDB does not take"):
        billed(books, ccu_meter="(?=ccu)")


# In what.


def test_amounts_are_the_files_own_digits(books: Books) -> None:
    export(
        books,
        "october.csv",
        [
            charge("2026-10-05", "100", CostInBillingCurrency="1.00000000000001"),
            charge("10/06/2026", "7", CostInBillingCurrency="0.07"),
        ],
    )
    assert [(row["usage_day"].day, row["amount_usd"]) for row in billed(books)] == [
        (5, Decimal("1.00000000000001")),
        (6, Decimal("0.07")),
    ]


EUR = {"BillingCurrency": "EUR", "CostInBillingCurrency": "0.93"}


AMOUNTS = (
    (EUR, "1"),
    (EUR | {"CostInPricingCurrency": "1.0001", "PricingCurrency": "USD"}, "1"),
    (EUR | {"PricingCurrency": "CCU", "CostInPricingCurrency": "250"}, "2.5"),
    (EUR | {"ChargeType": "Refund", "Quantity": "-100"}, "-1"),
    (
        EUR | {"ChargeType": "Credit", "CostInPricingCurrency": "-3", "PricingCurrency": "usd"},
        "-3",
    ),
    (EUR | {"ChargeType": "Credit", "Quantity": ""}, None),
    (EUR | {"Quantity": "0"}, None),
    (EUR | {"Quantity": "0", "CostInBillingCurrency": "0"}, "0"),
    (EUR | {"MeterName": "claude-plain input"}, None),
    (
        EUR | {"MeterName": "claude-plain", "CostInPricingCurrency": "2", "PricingCurrency": "USD"},
        "2",
    ),
)


def test_dollars_of_another_currency(books: Books) -> None:
    rate = {"ExchangeRatePricingToBilling": "0.93"}
    found = by_case(books, [changes | rate for changes, _ in AMOUNTS])
    for number, (changes, amount) in enumerate(AMOUNTS):
        row = found[number]
        assert row["amount_usd"] == (None if amount is None else Decimal(amount)), changes
        assert (row["billing_currency"], row["exchange_rate"]) == ("EUR", Decimal("0.93"))
        assert row["billing_amount"] == Decimal(changes["CostInBillingCurrency"])


def test_a_unit_costs_what_it_did_on_the_day_of_the_charge_as_known_now(books: Books) -> None:
    books.seed(
        "ccu_prices.csv",
        dated(ccu_price_usd="0.01", valid_to="2026-10-06"),
        dated(ccu_price_usd="0.05", valid_from="2026-10-06", recorded_to="2026-11-01"),
        dated(ccu_price_usd="0.012", valid_from="2026-10-06", recorded_from="2026-11-01"),
    )
    late = {"BillingPeriodStartDate": "2026-10-07"}
    days = ("2026-10-05", "2026-10-06")
    rows = [charge(day, "100", **EUR) for day in days]
    rows.append(charge("2026-10-04", "100", ResourceGroup="late", **EUR, **late))
    export(books, "october.csv", rows)
    found = [(row["usage_day"].day, row["amount_usd"]) for row in billed(books)]
    assert found == [(5, Decimal(1)), (6, Decimal("1.2")), (7, Decimal(1))]


def test_what_is_neither_ccu_nor_in_dollars_is_divided_by_the_rate_of_its_day(books: Books) -> None:
    books.seed(
        "exchange_rates.csv",
        dated(currency="EUR", units_per_dollar="0.93", valid_to="2026-10-06"),
        dated(
            currency="EUR", units_per_dollar="0.9", valid_from="2026-10-06", valid_to="2026-10-07"
        ),
        dated(currency="CHF", units_per_dollar="2", recorded_from="2026-12-01"),
    )
    euros = EUR | {"MeterName": "claude-plain input", "CostInBillingCurrency": "1"}
    rows = [charge(f"2026-10-0{day}", "1", **euros) for day in (5, 6, 7)]
    rows.append(charge("2026-10-08", "1", **euros | {"BillingCurrency": "CHF"}))
    rows.append(charge("2026-10-09", "100", **EUR))
    export(books, "october.csv", rows)
    found = {row["usage_day"].day: row["amount_usd"] for row in billed(books)}
    assert found == {
        5: Decimal("1.075268817204301"),
        6: Decimal("1.111111111111111"),
        # No rate holds, or none that is known yet.
        7: None,
        8: None,
        # CCU go before any rate.
        9: Decimal(1),
    }


def test_of_one_meter_only_what_is_unknown_is(books: Books) -> None:
    export(books, "a.csv", [charge("2026-10-05", "100", **EUR), charge("2026-10-05", "0", **EUR)])
    assert [(row["amount_usd"], row["billing_amount"]) for row in billed(books)] == [
        (None, Decimal("0.93")),
        (Decimal(1), Decimal("0.93")),
    ]


# Corrections.


CORRECTIONS = (
    ({"ChargeType": "Refund", "PreviousInvoiceId": "G1"}, 5, True),
    ({"ChargeType": "Refund", "PreviousInvoiceId": "G1", "InvoiceId": "G1"}, 5, False),
    ({"ChargeType": "Refund"}, 5, False),
    (
        {"ChargeType": "Credit", "Date": "2026-09-20", "BillingPeriodStartDate": "10/01/2026"},
        1,
        True,
    ),
    ({"Date": "2026-09-30", "BillingPeriodStartDate": "2026-10-01"}, 1, True),
    ({"BillingPeriodStartDate": "2026-10-01"}, 5, False),
    ({"BillingPeriodStartDate": "no day"}, 5, False),
)


def test_a_charge_that_names_an_earlier_period_is_a_correction_where_it_is_booked(
    books: Books,
) -> None:
    found = by_case(books, [changes for changes, *_ in CORRECTIONS])
    for number, (changes, day, is_correction) in enumerate(CORRECTIONS):
        row = found[number]
        booked = (row["usage_day"], row["is_correction"])
        assert booked == (date(2026, 10, day), is_correction), changes


def test_a_focus_correction_names_an_earlier_period(books: Books) -> None:
    row = focus(charge("2026-10-05", "-10", ChargeType="Adjustment"))
    export(books, "focus.csv", [row | {"ChargeClass": "Correction"}])
    (found,) = billed(books)
    assert (found["charge_type"], found["is_correction"]) == ("adjustment", True)
    assert found["amount_usd"] == Decimal("-0.1")


def test_a_refund_of_the_query_api_names_no_period_and_counts_as_a_correction(books: Books) -> None:
    rows = [charge("2026-10-05", "100"), charge("2026-10-05", "-10", ChargeType="Refund")]
    answer(books, OCTOBER[0], date(2026, 11, 1), rows)
    assert [(row["charge_type"], row["is_correction"]) for row in billed(books)] == [
        ("refund", True),
        ("usage", False),
    ]


# Which source.


def ccu(books: Books) -> dict[int, tuple[str, Decimal]]:
    rows = billed(books)
    found = {row["usage_day"].day: (row["source"], row["ccu"]) for row in rows}
    assert len(found) == len(rows), "a day is told twice"
    return found


def test_of_two_exports_of_a_period_the_newer_counts(books: Books) -> None:
    for name, made, unit in (("old", "2026-11-04", "1"), ("new", "2026-11-06", "2")):
        rows = [charge(day, unit) for day in OCTOBER]
        export(books, f"{name}/20261001-20261031/run/part_0.csv", rows, made)
    assert set(ccu(books).values()) == {("cost_details", Decimal(2))}
    assert {row["snapshots"] for row in days_of(books).values()} == {2}


def test_details_come_before_focus_and_focus_before_the_query_api(books: Books) -> None:
    answer(books, OCTOBER[0], date(2026, 11, 1), [charge(day, "3") for day in OCTOBER])
    assert set(ccu(books).values()) == {("cost_totals", Decimal(3))}
    export(books, "focus.csv", [focus(charge(day, "2")) for day in OCTOBER[:20]])
    export(books, "details.csv", [charge(day, "1") for day in OCTOBER[:10]])
    found = ccu(books)
    assert {found[day] for day in range(1, 11)} == {("cost_details", Decimal(1))}
    assert {found[day] for day in range(11, 21)} == {("focus", Decimal(2))}
    assert {found[day] for day in range(21, 32)} == {("cost_totals", Decimal(3))}
    differs = {day.day: row["differs_by_usd"] for day, row in days_of(books).items()}
    assert (differs[1], differs[11], differs[21]) == (Decimal("0.02"), Decimal("0.01"), None)


def test_a_complete_bill_comes_before_an_incomplete_one(books: Books) -> None:
    export(books, "details.csv", [charge(day, "1") for day in OCTOBER[:10]], "2026-10-10T06:00")
    answer(books, OCTOBER[0], date(2026, 11, 1), [charge(day, "3") for day in OCTOBER])
    found = ccu(books)
    assert {found[day] for day in range(1, 7)} == {("cost_details", Decimal(1))}
    assert {found[day] for day in range(7, 32)} == {("cost_totals", Decimal(3))}
    assert all(row["is_settled"] for row in days_of(books).values())


def test_an_export_for_each_subscription_is_no_duplicate(books: Books) -> None:
    for name in ("one", "two"):
        row = charge("2026-10-05", "10", SubscriptionId=name, ResourceGroup=name)
        export(books, f"{name}.csv", [row])
    assert [(row["resource_group"], row["ccu"]) for row in billed(books)] == [
        ("one", 10),
        ("two", 10),
    ]


def test_a_late_charge_does_not_bring_another_months_bill_with_it(books: Books) -> None:
    export(books, "september.csv", [charge("2026-09-20", "100")], "2026-10-05")
    late = charge("2026-09-20", "5", BillingPeriodStartDate="2026-10-01")
    export(books, "october.csv", [late, charge("2026-10-05", "10")], "2026-11-05")
    assert [(str(row["usage_day"]), row["ccu"]) for row in billed(books)] == [
        ("2026-09-20", 100),
        ("2026-10-01", 5),
        ("2026-10-05", 10),
    ]


# How far.


def test_a_day_is_known_once_ccu_are_told_of_it_or_of_a_later_one(books: Books) -> None:
    rows = [charge(day, "1") for day in OCTOBER[:8] if day.day != 4]
    others = [charge(day, "1", PublisherType="Microsoft") for day in OCTOBER[:10]]
    export(books, "october.csv", [*rows, *others], "2026-10-10T06:00")
    billed(books)
    known = {day.day for day, row in days_of(books).items() if row["is_known"]}
    settled = {day.day for day, row in days_of(books).items() if row["is_settled"]}
    assert known == set(range(1, 9))
    assert settled == set(range(1, 7))


def test_silence_means_nothing_once_a_day_is_settled_and_ccu_were_ever_told(books: Books) -> None:
    others = [charge(day, "1", PublisherType="Microsoft") for day in OCTOBER]
    export(books, "october.csv", others)
    billed(books)
    assert not [row for row in days_of(books).values() if row["is_known"]]
    export(books, "october.csv", [*others, charge("2026-10-03", "1")], "2026-11-06")
    billed(books)
    assert all(row["is_known"] for row in days_of(books).values())


def test_an_issued_invoice_settles_its_days(books: Books) -> None:
    rows = [charge(day, "1", InvoiceId="G1") for day in OCTOBER]
    export(books, "october.csv", rows, "2026-11-01T06:00")
    billed(books)
    assert all(row["is_settled"] for row in days_of(books).values())


def test_an_answer_that_changed_nothing_still_settles_a_day(books: Books) -> None:
    rows = [charge(day, "1") for day in OCTOBER]
    books.clock.move(datetime(2026, 11, 1, 6, tzinfo=UTC))
    answer(books, OCTOBER[0], date(2026, 11, 1), rows)
    billed(books)
    assert not days_of(books)[OCTOBER[-1]]["is_settled"]
    books.clock.move(datetime(2026, 11, 4, 6, tzinfo=UTC))
    answer(books, OCTOBER[0], date(2026, 11, 1), rows)
    billed(books)
    assert days_of(books)[OCTOBER[-1]]["is_settled"]


# Into the publication.


def test_costs_that_arrive_are_published_and_rebuild_no_day(books: Books) -> None:
    books.observe(person(1))
    use(books, 1, "2026-10-05")
    before = publish(books)
    export(books, "october.csv", [charge("2026-10-05", "1")])
    after = publish(books)
    assert after.days == before.days
    with reading(books.publication, operator()) as published:
        found = published.connection.execute("select resource_group, ccu from billed").fetchall()
    assert found == [(GROUP.lower(), 1)]


def test_the_invoice_is_for_who_sees_everything(books: Books) -> None:
    books.observe(person(1))
    use(books, 1, "2026-10-05")
    export(books, "october.csv", [charge("2026-10-05", "1")])
    publish(books)
    lead = Viewer("lead", units=frozenset({"CC-1"}))
    with reading(books.publication, lead) as published:
        ask = published.connection.execute
        assert ask("from billed").fetchall() == []
        assert ask("select label, billed_cost_usd from billed_daily").fetchall() == [
            ("", Decimal("0.003"))
        ]


def test_a_publication_without_the_bill_asks_for_a_build(books: Books) -> None:
    books.observe(person(1))
    use(books, 1, "2026-10-05")
    manifest = publish(books)
    tables = {name: file for name, file in manifest.tables.items() if name != "billed"}
    older = replace(manifest, tables=tables)
    with (
        pytest.raises(PublicationError, match="older tollbook: run `tollbook run build`"),
        reading(books.publication, operator(), manifest=older),
    ):
        pass
