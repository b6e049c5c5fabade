"""Asks Cost Management what the days of one month cost, by what tells the charges apart."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import structlog
from azure.core.rest import HttpRequest, HttpResponse

from ingest.azure_answer import AzureService, ask, exact_json
from ingest.patience import NoAnswerError
from ingest.refusal import RefusedError
from ingest.windows import Window
from models.errors import SourceError

# What the service lists as its dimensions has no publisher's name. Its pages allow two groupings
# and it takes more; where it does not, these two still tell Marketplace, models and meters apart.
GROUPINGS = (
    ("PublisherType", "MeterCategory", "Meter", "ResourceGroupName", "ChargeType"),
    ("PublisherType", "Meter"),
)
MOST_PAGES = 200
TOLERANCE = Decimal("0.000001")
"""How far a day's groups may be from its total: the service adds up in floating point."""

_VERSION = "2025-03-01"
_DATE, _COST, _QUANTITY, _CURRENCY = "usagedate", "cost", "usagequantity", "currency"
# Costs may change between the two questions that must agree.
_ATTEMPTS_TO_AGREE = 3

log = structlog.get_logger()

Page: TypeAlias = tuple[list[dict[str, Any]], str | None]
"""Rows by lower-case column name, and the link to the next page."""


@dataclass(frozen=True)
class CostTotal:
    """What one group of charges cost on one day; None where the service does not say.

    `groups` maps the dimension's name to its value; `cost` is in `currency`.
    """

    charge_date: date
    groups: dict[str, str | None]
    quantity: Decimal | None
    cost: Decimal | None
    currency: str | None


def daily_totals(service: AzureService, scope: str, window: Window) -> list[CostTotal] | None:
    """Return the totals of every whole day of a window, None when the service has nothing (204).

    They add up to what the service says without groups, or SourceError is raised.
    """
    for _ in range(_ATTEMPTS_TO_AGREE):
        totals = _grouped(service, scope, window)
        control = totals_of(service, scope, window, ())
        differing = _differing(totals or [], control or [])
        if not differing:
            return None if totals is None and control is None else totals or []
    raise SourceError(
        f"{service.name}: the groups of {differing[0]} do not add up to its total, also when asked"
        " again: costs are being restated, the next run asks again"
    )


def _grouped(service: AzureService, scope: str, window: Window) -> list[CostTotal] | None:
    *wider, narrowest = GROUPINGS
    for grouping in wider:
        try:
            return totals_of(service, scope, window, grouping)
        except RefusedError as error:
            if error.status != 400 or "group" not in error.said.lower():
                raise
            log.info("grouping refused", scope=scope, grouping=",".join(grouping))
    return totals_of(service, scope, window, narrowest)


def _differing(totals: Sequence[CostTotal], control: Sequence[CostTotal]) -> list[date]:
    """Return the days whose groups do not add up to the total."""
    sums: dict[tuple[date, str | None], Decimal] = defaultdict(Decimal)
    for total in totals:
        sums[total.charge_date, total.currency] += total.cost or 0
    for total in control:
        sums[total.charge_date, total.currency] -= total.cost or 0
    return sorted({day for (day, _), difference in sums.items() if abs(difference) > TOLERANCE})


def totals_of(
    service: AzureService, scope: str, window: Window, grouping: Sequence[str]
) -> list[CostTotal] | None:
    """Return the totals of every whole day by `grouping`, as one question has them, None for 204.

    Raises SourceError that says what to do.
    """
    pages = list(_pages(service, scope, window, grouping))
    if pages == [None]:
        return None
    return [_total(row, window, grouping) for page in pages for row in page or []]


def _pages(
    service: AzureService, scope: str, window: Window, grouping: Sequence[str]
) -> Iterator[list[dict[str, Any]] | None]:
    """Yield the rows of each page, None for a first page that says there is nothing."""
    body = _question(window, grouping)
    endpoint = service.endpoint.rstrip("/")
    path = f"/{scope.strip('/')}/providers/Microsoft.CostManagement/query"
    link: str | None = f"{endpoint}{path}?api-version={_VERSION}"
    asked: set[str] = set()
    while link:
        if link in asked or len(asked) >= MOST_PAGES:
            raise SourceError(
                f"{service.name} sends page after page ({len(asked)}): set a narrower"
                " TOLLBOOK_BILLING_SCOPE, such as one subscription"
            )
        # The next page is the answer to the same question, asked at the link.
        request = HttpRequest("POST", link, json=body, headers={"Accept": "application/json"})
        read = partial(_page, grouping=grouping, is_first=not asked, endpoint=endpoint)
        answer = ask(service, request, read)
        asked.add(link)
        yield None if answer is None else answer[0]
        link = answer[1] if answer else None


def _question(window: Window, grouping: Sequence[str]) -> dict[str, Any]:
    start, end = window
    # The service counts the last day in, by its date.
    last = end - timedelta(days=1)
    return {
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": {"from": f"{start:%Y-%m-%d}T00:00:00Z", "to": f"{last:%Y-%m-%d}T23:59:59Z"},
        "dataset": {
            "granularity": "Daily",
            # Named as the columns are called, so that it does not matter which of the two names
            # the answer uses.
            "aggregation": {
                name: {"name": name, "function": "Sum"} for name in ("Cost", "UsageQuantity")
            },
            **(
                {"grouping": [{"type": "Dimension", "name": name} for name in grouping]}
                if grouping
                else {}
            ),
        },
    }


def _page(
    response: HttpResponse, *, grouping: Sequence[str], is_first: bool, endpoint: str
) -> Page | None:
    """Read one page; None when there is nothing. Raises NoAnswerError."""
    if response.status_code == 204:
        if is_first:
            return None
        raise NoAnswerError("a next page without content: the next run asks again")
    properties: Any = exact_json(response).get("properties")
    try:
        names = [column["name"].lower() for column in properties["columns"]]
        rows = [dict(zip(names, row, strict=True)) for row in properties["rows"]]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NoAnswerError("no table of columns and rows: the next run asks again") from error
    wanted = {_DATE, _COST, _QUANTITY, _CURRENCY, *(name.lower() for name in grouping)}
    if missing := wanted.difference(names):
        raise NoAnswerError(
            f"a table without {', '.join(sorted(missing))}: the next run asks again"
        )
    link = properties.get("nextLink") or None
    if link is not None and not is_same_place(link, endpoint):
        raise NoAnswerError("a next page elsewhere: the next run asks again")
    return rows, link


def is_same_place(link: object, endpoint: str) -> bool:
    """Tell whether a link stays with the service that gave it: scheme, host and port."""
    if not isinstance(link, str):
        return False
    try:
        given, own = urlsplit(link), urlsplit(endpoint)
        ports = [part.port or {"https": 443, "http": 80}.get(part.scheme) for part in (given, own)]
    except ValueError:
        return False
    return (given.scheme, given.hostname, ports[0]) == (own.scheme, own.hostname, ports[1])


def _total(row: dict[str, Any], window: Window, grouping: Sequence[str]) -> CostTotal:
    day = _day(row[_DATE])
    start, end = window
    if not start.date() <= day < end.date():
        raise SourceError(
            f"Cost Management answered {day}, a day that was not asked for: nothing of this span"
            " was taken, the next run asks again"
        )
    return CostTotal(
        day,
        {name: _text(row[name.lower()]) for name in grouping},
        _amount(row[_QUANTITY]),
        _amount(row[_COST]),
        _text(row[_CURRENCY]),
    )


def _day(value: object) -> date:
    """Read 20261001 or 2026-10-01T00:00:00."""
    text = str(value)
    try:
        return date.fromisoformat(text[:10] if "-" in text else text)
    except ValueError as error:
        raise SourceError(
            f"Cost Management answered the day {text[:20]!r}: the next run asks again"
        ) from error


def _amount(value: object) -> Decimal | None:
    if value is None:
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    raise SourceError(
        "Cost Management answered an amount that is no number: nothing of this span was taken, the"
        " next run asks again"
    )


def _text(value: object) -> str | None:
    return None if value is None or value == "" else str(value)
