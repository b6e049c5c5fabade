"""Showback: what each unit would owe, beside what it carries while nothing is charged."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from bill_rows import Row, charge, export, publish, use
from core_rows import Books, gateway, llm, oid, open_books, person

from models.showback import showback
from models.viewer import operator

CENTRAL = "Central budget"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """Two requests in CC-1, one in CC-2, one of nobody known; each costs 0.003 USD."""
    with open_books(tmp_path) as opened:
        opened.clock.move(datetime(2026, 11, 10, tzinfo=UTC))
        opened.observe(person(1), person(2, employeeOrgData={"costCenter": "CC-2"}))
        use(opened, 1, "2026-10-05")
        use(opened, 2, "2026-10-06")
        for number, who in ((3, {"x-caller-oid": oid(2)}), (4, {})):
            at = "2026-10-06T10:00:00Z"
            opened.land(gateway(number, at, backend_request_headers=who))
            opened.land(llm(number, at))
        yield opened


def rows(books: Books, *, is_charging: bool = False, month: str = "2026-10") -> dict[str, Row]:
    answer = showback(
        books.publication,
        operator(),
        month=month,
        central_unit=CENTRAL,
        is_charging=is_charging,
    )
    return {row["unit"]: row for row in answer.records()}


def test_without_a_bill_units_would_owe_what_was_contracted(books: Books) -> None:
    publish(books)
    found = rows(books)
    assert {unit: row["would_owe_usd"] for unit, row in found.items()} == {
        "CC-1": Decimal("0.006"), "CC-2": Decimal("0.003"), CENTRAL: Decimal("0.003"),
    }  # fmt: skip
    assert {row["basis"] for row in found.values()} == {"contracted"}
    assert {unit: row["carries_usd"] for unit, row in found.items()} == {
        "CC-1": 0, "CC-2": 0, CENTRAL: Decimal("0.012"),
    }  # fmt: skip
    assert sum(row["difference_usd"] for row in found.values()) == 0


def test_of_a_known_bill_the_residual_stays_with_the_central_unit(books: Books) -> None:
    gateway_hours = charge(
        "2026-10-05", "24", PublisherType="Microsoft", PublisherName="Microsoft",
        MeterCategory="API Management", CostInBillingCurrency="8",
    )  # fmt: skip
    export(books, "october.csv", [charge("2026-10-06", "5"), gateway_hours])
    publish(books)
    found = rows(books)
    assert {row["basis"] for row in found.values()} == {"billed"}
    # Of 8 USD a request bears 2; of 0.05 billed, 0.038 are more than was expected.
    assert {unit: row["would_owe_usd"] for unit, row in found.items()} == {
        "CC-1": Decimal("4.006"), "CC-2": Decimal("2.003"), CENTRAL: Decimal("2.041"),
    }  # fmt: skip
    assert found[CENTRAL]["carries_usd"] == Decimal("8.05")


def test_who_charges_already_carries_what_would_be_owed(books: Books) -> None:
    publish(books)
    assert all(row["difference_usd"] == 0 for row in rows(books, is_charging=True).values())


def test_the_month_before_is_compared_where_it_is_published(books: Books) -> None:
    books.clock.move(datetime(2026, 12, 10, tzinfo=UTC))
    use(books, 9, "2026-11-02")
    publish(books)
    assert {row["previous_usd"] for row in rows(books).values()} == {None}
    november = rows(books, month="2026-11")
    assert november["CC-1"]["change_usd"] == Decimal("-0.003")
    assert november["CC-2"]["change_usd"] == Decimal("-0.003")
    assert november["CC-2"]["would_owe_usd"] == 0
