"""October 2026 with a request a day, its bill, and the reconciliation of the two."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

from bill_rows import Row, days, export, publish
from core_rows import Books, deployment, gateway, llm, open_books, person

from models.chargeback import chargeback
from models.finding import DoctorFinding
from models.invoice_findings import invoice_findings
from models.published import Answer
from models.reconciliation import reconciliation
from models.viewer import operator

OCTOBER = days("2026-10-01", 31)
LATER = (datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC))
NOVEMBER = datetime(2026, 11, 10, tzinfo=UTC)
WALK = {"list", "discount", "legacy", "cause", "residual"}

# A million input and 100 output tokens of claude-plain, at 2 and 10 USD per million.
DAILY = Fraction(2) + Fraction(100 * 10, 10**6)
USED = 31 * DAILY
CCU = "201"
BILLED = 31 * Fraction(201, 100)

DEPLOYMENTS = (
    deployment("plain", "one", "claude-plain"),
    deployment("band", "one", "claude-band"),
)


def log(books: Books, number: int, day: date, model: str = "claude-plain", **more: Any) -> None:
    """One request that used a million input and 100 output tokens of a model."""
    at = f"{day}T10:00:00Z"
    usage = {"model_name": model, "prompt_tokens": 1_000_000} | more.pop("usage", {})
    books.land(gateway(number, at, **more), window=LATER)
    books.land(llm(number, at, **usage), window=LATER)


@contextmanager
def logged_month(folder: Path) -> Iterator[Books]:
    """Open a month with one request a day, published; a test's bill replaces the one before."""
    with open_books(folder, deployments=DEPLOYMENTS) as books:
        logged(books)
        publish(books)
        yield books


def logged(books: Books, used: Sequence[date] = OCTOBER) -> None:
    books.clock.move(NOVEMBER)
    books.observe(person(1))
    at = [f"{day}T10:00:00Z" for day in used]
    books.land(*map(gateway, range(len(at)), at), window=LATER)
    usage = {"prompt_tokens": 1_000_000}
    books.land(*(llm(number, time, **usage) for number, time in enumerate(at)), window=LATER)


def bill(books: Books, rows: Sequence[Row], **settings: Any) -> None:
    export(books, "october.csv", rows)
    publish(books, **settings)


def report(books: Books, *by: str, month: str = "2026-10") -> list[Row]:
    answer = reconciliation(books.publication, operator(), month=month, by=list(by))
    return answer.records()


def lines(books: Books, *by: str) -> dict[str, Row]:
    rows = report(books, *by)
    return {row["line"]: row for row in rows if row["kind"] not in {"bound", "memo"}}


def bounds(books: Books) -> dict[str, Row]:
    return {row["line"]: row for row in report(books) if row["kind"] == "bound"}


def amounts(books: Books) -> dict[str, Fraction]:
    return {
        name: Fraction(row["amount_usd"])
        for name, row in lines(books).items()
        if row["amount_usd"] is not None
    }


def findings(books: Books) -> dict[str, DoctorFinding]:
    found = invoice_findings(books.publication, books.clock, date(2026, 10, 1), date(2026, 10, 31))
    return {finding.check: finding for finding in found}


def billed(books: Books, *by: str) -> Fraction:
    """The sum of the chargeback's billed costs."""
    answer: Answer = chargeback(books.publication, operator(), month="2026-10", by=list(by))
    return sum((Fraction(row["billed_cost_usd"] or 0) for row in answer.records()), Fraction())
