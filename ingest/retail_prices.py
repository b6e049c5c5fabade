"""Reads what API Management costs at list price, for the regions where the tenant has gateways."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote, urlencode

from azure.core.rest import HttpRequest, HttpResponse

from ingest.azure_answer import AzureService, ask, exact_json
from ingest.azure_clients import retail_prices_client
from ingest.cost_query import is_same_place
from ingest.landing import Landed, land
from ingest.monitored_resource import gateway_regions
from ingest.patience import NoAnswerError, patience_of
from ingest.source import RETAIL_PRICES
from models.clock import Clock
from models.errors import SourceError
from models.setting_values import PREFIX
from models.settings import Settings
from models.warehouse import Connection, scalar

REST = timedelta(days=1)
"""How long prices are good for: list prices change a few times a year."""

MOST_PAGES = 100
EVERYWHERE = "all regions"
"""The origin of the prices where no gateway names its region."""

_VERSION = "2023-01-01-preview"
# The item's field of each column of RETAIL_PRICES, in their order.
_FIELDS = (
    "meterId",
    "meterName",
    "productName",
    "skuName",
    "serviceName",
    "armRegionName",
    "currencyCode",
    "unitOfMeasure",
    "type",
    "tierMinimumUnits",
    "retailPrice",
    "unitPrice",
    "effectiveStartDate",
    "effectiveEndDate",
)


def load_retail_prices(connection: Connection, settings: Settings, clock: Clock) -> Landed:
    """Load the prices that are not known yet, at most once a day for each region.

    Without a gateway there is nothing to do. Raises SourceError that says what to do.
    """
    landed = Landed()
    with _service(settings) as service:
        for region in gateway_regions(settings):
            origin = region or EVERYWHERE
            if _is_fresh(connection, clock, origin):
                continue
            items = [item for page in _pages(service, region) for item in page]
            landed += _land(connection, settings, clock, origin, items)
    return landed


def probe(settings: Settings, region: str | None) -> None:
    """Ask for the first page of a region's prices; SourceError says why it was not answered."""
    with _service(settings) as service:
        next(_pages(service, region))


@contextmanager
def _service(settings: Settings) -> Iterator[AzureService]:
    with retail_prices_client(settings) as client:
        yield AzureService(
            client,
            "The Retail Prices API",
            settings.retail_prices_endpoint,
            f"{PREFIX}RETAIL_PRICES_ENDPOINT",
            patience_of(settings),
            {
                400: f"check the regions in {PREFIX}APIM_RESOURCE_IDS",
                404: f"check {PREFIX}RETAIL_PRICES_ENDPOINT",
            },
        )


def _is_fresh(connection: Connection, clock: Clock, origin: str) -> bool:
    since = (clock.now() - REST).astimezone(UTC).replace(tzinfo=None)
    return bool(
        scalar(
            connection,
            "select count(*) from warehouse.run.loads"
            " where source = ? and origin = ? and landed_at > ?",
            [RETAIL_PRICES.name, origin, since],
        )
    )


def _pages(service: AzureService, region: str | None) -> Iterator[list[dict[str, Any]]]:
    conditions = ["serviceName eq 'API Management'"]
    if region:
        conditions.append(f"armRegionName eq '{region}'")
    options = {
        "api-version": _VERSION,
        "$filter": " and ".join(conditions),
        "currencyCode": "'USD'",
    }
    endpoint = service.endpoint.rstrip("/")
    query = urlencode(options, safe="$", quote_via=quote)
    link: str | None = f"{endpoint}/api/retail/prices?{query}"
    asked: set[str] = set()
    while link:
        if link in asked or len(asked) >= MOST_PAGES:
            raise SourceError(
                f"{service.name} sends page after page ({len(asked)}): name the region of every"
                f" gateway in {PREFIX}APIM_RESOURCE_IDS"
            )
        request = HttpRequest("GET", link, headers={"Accept": "application/json"})
        asked.add(link)
        items, link = ask(service, request, partial(_page, endpoint=endpoint))
        yield items


def _page(response: HttpResponse, *, endpoint: str) -> tuple[list[dict[str, Any]], str | None]:
    """Read a page: its items, and the link to the next one. Raises NoAnswerError."""
    page = exact_json(response)
    items = page.get("Items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise NoAnswerError("a page without a list of Items: the next run asks again")
    link = page.get("NextPageLink") or None
    if link is not None and not is_same_place(link, endpoint):
        raise NoAnswerError("a next page elsewhere: the next run asks again")
    return items, link


def _land(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    origin: str,
    items: list[dict[str, Any]],
) -> Landed:
    with TemporaryDirectory(dir=settings.data_dir, prefix="prices-") as folder:
        file = Path(folder) / "prices.ndjson"
        rows = ([_text(item.get(name)) for name in _FIELDS] for item in items)
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file.write_text("".join(lines), encoding="utf-8", errors="replace")
        return land(connection, clock, RETAIL_PRICES, origin, None, file)


def _text(value: object) -> str | None:
    if value is None:
        return None
    return format(value, "f") if isinstance(value, Decimal) else str(value)
