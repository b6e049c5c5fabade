"""The Azure Retail Prices API over recorded pages: `GET /api/retail/prices`, without a credential.

The Items of all recorded pages (`retail_prices/*.json`) are one feed, paged anew by 1,000 with
NextPageLink. An item is visible from its effectiveStartDate on. Prices keep their digits.
"""

import gzip
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.sandbox.azure_request import RefusedError, bad_request
from ingest.sandbox.exact_json import read_exact, write_exact
from ingest.sandbox.price_filter import read_price_filter
from ingest.sandbox.workspace import (
    UNREADABLE,
    JsonObject,
    Problem,
    Problems,
    Workspace,
    open_recorded,
    parse_time,
    recorded_name,
)
from models.clock import Clock

PAGE_ITEMS = 1_000

_OPTIONS = frozenset({"api-version", "$filter", "currencycode", "meterregion", "$skip"})
# What a filter may name beside what is recorded.
_FIELDS = (
    "currencyCode armRegionName location meterId meterName productId productName skuId skuName "
    "armSkuName serviceId serviceName serviceFamily type reservationTerm unitOfMeasure "
    "isPrimaryMeterRegion effectiveStartDate"
)


@dataclass(frozen=True)
class PriceItem:
    """One recorded item, and since when it is visible."""

    value: JsonObject
    visible_from: datetime


@dataclass(frozen=True)
class RetailPrices:
    """What the endpoint answers from."""

    items: tuple[PriceItem, ...]
    clock: Clock

    def routes(self) -> list[Route]:
        """The one endpoint."""
        return [Route("/api/retail/prices", self._prices)]

    async def _prices(self, request: Request) -> Response:
        try:
            body = await run_in_threadpool(self._page, request, self.clock.now())
        except RefusedError as refused:
            body = {"Error": {"Code": refused.code, "Message": refused.message}}
            return Response(write_exact(body), refused.status, media_type="application/json")
        return Response(write_exact(body), media_type="application/json")

    def _page(self, request: Request, now: datetime) -> dict[str, Any]:
        given = {name.lower(): value for name, value in request.query_params.items()}
        if unknown := given.keys() - _OPTIONS:
            raise bad_request(f"The sandbox does not know the option '{min(unknown)[:40]}'.")
        skip = given.get("$skip", "0")
        if not (skip.isascii() and skip.isdecimal() and len(skip) <= 9):
            raise bad_request("Invalid OData parameters supplied")
        wanted = self._wanted(given, now)
        end = int(skip) + PAGE_ITEMS
        page = wanted[int(skip) : end]
        following = None
        if end < len(wanted):
            query = {name: value for name, value in request.query_params.items() if name != "$skip"}
            address = str(request.url).partition("?")[0]
            text = urlencode({**query, "$skip": end}, safe="$", quote_via=quote)
            following = f"{address}?{text}"
        return {
            "BillingCurrency": _currency(given),
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": page,
            "NextPageLink": following,
            "Count": len(page),
        }

    def _wanted(self, given: dict[str, str], now: datetime) -> list[JsonObject]:
        fields = frozenset(_FIELDS.split()).union(*(item.value.keys() for item in self.items))
        takes = read_price_filter(given.get("$filter", ""), fields)
        region = given.get("meterregion", "").strip("'")
        if region not in ("", "primary"):
            raise bad_request("meterRegion is 'primary' or left out.")
        currency = _currency(given)
        return [
            item.value
            for item in self.items
            if item.visible_from <= now
            and item.value.get("currencyCode", currency) == currency
            and (not region or item.value.get("isPrimaryMeterRegion") is True)
            and takes(item.value)
        ]


def read_retail_prices(workspace: Workspace, clock: Clock, problems: Problems) -> RetailPrices:
    """Read `retail_prices/` of `workspace`; what is left out is added to `problems`."""
    items: list[PriceItem] = []
    folder = workspace.folder / "retail_prices"
    for file in sorted([*folder.glob("*.json"), *folder.glob("*.json.gz")]):
        name = recorded_name(workspace, file)
        try:
            with open_recorded(file) as recorded:
                page = read_exact(recorded.read())
            values = page["Items"]
        except (*UNREADABLE, gzip.BadGzipFile, ValueError, RecursionError, TypeError, KeyError):
            problems.add(Problem(name, 0, "the file is no page of the Retail Prices API"))
            continue
        for number, value in enumerate(values if isinstance(values, list) else [None], start=1):
            item = _item(value, workspace.starts_at)
            if item is None:
                reason = f"item {number} is left out: no object with a readable effectiveStartDate"
                problems.add(Problem(name, 0, reason))
            else:
                items.append(item)
    return RetailPrices(tuple(items), clock)


def _item(value: object, starts_at: datetime) -> PriceItem | None:
    if not isinstance(value, dict):
        return None
    started = value.get("effectiveStartDate")
    try:
        return PriceItem(value, starts_at if started is None else parse_time(started))
    except ValueError:
        return None


def _currency(given: dict[str, str]) -> str:
    # Both 'USD' and USD are in use.
    return given.get("currencycode", "USD").strip("'")
