"""List prices of the gateway over real HTTP: by region, page by page, once a day."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_rows import Books, open_books, rows_of
from scripted_service import Asked, Reply, scripted_service
from tiny_workspace import GATEWAY, write_workspace

from ingest.retail_prices import EVERYWHERE, load_retail_prices
from ingest.sandbox.process import sandbox_process
from models.clock import Clock
from models.errors import SourceError
from models.settings import Settings

NOW = datetime(2026, 10, 3, tzinfo=UTC)
DAY = timedelta(days=1)
OTHER = GATEWAY.replace("/service/gateway", "/service/other")


def item(number: int, price: str = "0.96", **more: Any) -> str:
    """One item; its prices go in as they are written."""
    names = {
        "currencyCode": "USD",
        "armRegionName": "eastus2",
        "effectiveStartDate": "2026-01-01T00:00:00Z",
        "meterId": f"meter-{number}",
        "meterName": "Standard v2 Unit",
        "productName": "API Management",
        "skuName": "Standard v2",
        "serviceName": "API Management",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
    } | more
    numbers = f'"tierMinimumUnits": 0.0, "retailPrice": {price}, "unitPrice": {price}'
    return f"{json.dumps(names)[:-1]}, {numbers}}}"


def page(*items: str, link: str | None = None) -> bytes:
    return (
        f'{{"BillingCurrency": "USD", "Items": [{",".join(items)}],'
        f' "NextPageLink": {json.dumps(link)}, "Count": {len(items)}}}'
    ).encode()


FEED = [
    *(item(number, f"0.{number + 1:04}") for number in range(1_200)),
    item(1, "0.0000000001230001", meterName="Calls", unitOfMeasure="10K"),
    item(2, "0.84", effectiveStartDate="2025-01-01T00:00:00Z", effectiveEndDate="2026-01-01"),
    item(3, "9", serviceName="Log Analytics"),
    item(4, "9", currencyCode="EUR"),
    item(5, "1.06", armRegionName="westeurope"),
]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = write_workspace(
        tmp_path_factory.mktemp("recorded"), {"retail_prices/all.json": page(*FEED)}
    )
    with sandbox_process(folder) as url:
        yield url


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def settings_for(url: str, books: Books, *gateways: str) -> Settings:
    return Settings(
        data_dir=books.folder / "data",
        retail_prices_endpoint=url,
        apim_resource_ids=gateways,
        allow_loopback_http=True,
        retry_wait_seconds=0.01,
        retry_attempts=2,
    )


def prices(books: Books) -> list[dict[str, Any]]:
    return rows_of(books.connection, "from warehouse.raw.retail_prices")


def test_every_price_of_the_region_is_read_exactly(sandbox: str, books: Books) -> None:
    settings = settings_for(sandbox, books, f"EastUS2={GATEWAY}", f"eastus2={OTHER}")
    landed = load_retail_prices(books.connection, settings, Clock(NOW))
    rows = prices(books)
    assert landed.rows_received == landed.rows_new == len(rows) == 1_202
    assert {
        (row["service_name"], row["arm_region_name"], row["currency_code"]) for row in rows
    } == {("API Management", "eastus2", "USD")}
    calls = next(row for row in rows if row["meter_name"] == "Calls")
    assert calls["retail_price"] == calls["unit_price"] == Decimal("0.000000000123000")
    units = sum(row["retail_price"] for row in rows if row["meter_name"] != "Calls")
    assert units == sum(Decimal(n + 1) for n in range(1_200)) / 10_000 + Decimal("0.84")
    past = next(row for row in rows if row["effective_end"])
    assert past["effective_start"] == past["ingested_at"] == datetime(2025, 1, 1)  # noqa: DTZ001
    assert past["effective_end"] == datetime(2026, 1, 1)  # noqa: DTZ001
    assert {row["item_id"] for row in rows if row is not past}.isdisjoint({past["item_id"]})


def test_prices_are_asked_for_once_a_day_and_kept_once(sandbox: str, books: Books) -> None:
    settings = settings_for(sandbox, books, f"westeurope={GATEWAY}")
    clock = Clock(NOW)
    received = []
    for passed in (timedelta(), DAY - timedelta(hours=1), DAY):
        clock.move(NOW + passed)
        landed = load_retail_prices(books.connection, settings, clock)
        received.append((landed.rows_received, landed.rows_new))
    assert received == [(1, 1), (0, 0), (1, 0)]
    assert len(prices(books)) == 1
    # A region that joins is not kept waiting.
    both = settings_for(sandbox, books, f"westeurope={GATEWAY}", f"eastus2={OTHER}")
    assert load_retail_prices(books.connection, both, clock).rows_new == 1_202


def test_without_a_region_every_region_is_read(sandbox: str, books: Books) -> None:
    load_retail_prices(books.connection, settings_for(sandbox, books, GATEWAY), Clock(NOW))
    assert {row["arm_region_name"] for row in prices(books)} == {"eastus2", "westeurope"}
    (row,) = rows_of(books.connection, "from warehouse.run.loads")
    assert (row["origin"], row["window_start"]) == (EVERYWHERE, None)


def test_without_a_gateway_there_is_nothing_to_do(books: Books) -> None:
    settings = settings_for("https://nowhere.invalid", books)
    assert load_retail_prices(books.connection, settings, Clock(NOW)).rows_received == 0


# --- a service that misbehaves --------------------------------------------------------------------


def load(books: Books, script: Any) -> list[Asked]:
    with scripted_service(script) as (url, asked):
        settings = settings_for(url, books, f"eastus2={GATEWAY}")
        load_retail_prices(books.connection, settings, Clock(NOW))
        return asked


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(b"{}", 400), r"status 400: check the regions in TOLLBOOK_APIM_RESOURCE_IDS"),
        (Reply(b"{}", 404), r"status 404: check TOLLBOOK_RETAIL_PRICES_ENDPOINT"),
        (Reply(b"", 429, {"Retry-After": "0"}), r"status 429: the next run asks again"),
        (Reply(b"", 204), r"an empty body instead of JSON"),
        (Reply(b"<html>"), r"a page of HTML instead of JSON"),
        (Reply(b"{}"), r"a page without a list of Items"),
        (Reply(b'{"Items": [1]}'), r"a page without a list of Items"),
        (Reply(page(item(1), link="https://elsewhere.example/api")), r"a next page elsewhere"),
        (Reply(b'{"Items": [', cut=True), r"did not answer .*TOLLBOOK_RETAIL_PRICES_ENDPOINT"),
    ],
)
def test_a_refusal_says_what_to_do_and_lands_nothing(books: Books, reply: Reply, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        load(books, [reply])
    assert rows_of(books.connection, "from warehouse.run.loads") == []


def test_pages_that_never_end_are_not_followed_for_ever(books: Books) -> None:
    def script(asked: Asked) -> Reply:
        return Reply(page(item(1), link=f"{address[0]}{asked.path}?$skip=1"))

    address: list[str] = []
    with scripted_service(script) as (url, asked):
        address.append(url)
        settings = settings_for(url, books, f"eastus2={GATEWAY}")
        with pytest.raises(SourceError, match=r"page after page"):
            load_retail_prices(books.connection, settings, Clock(NOW))
    assert len(asked) == 2
    assert prices(books) == []


def test_odd_items_are_kept_as_far_as_they_can_be_read(books: Books) -> None:
    odd = item(1, '"dear"', effectiveStartDate="soon", meterName=None)
    asked = load(books, [Reply(page(odd, odd, item(2)))])
    assert asked[0].options["$filter"] == (
        "serviceName eq 'API Management' and armRegionName eq 'eastus2'"
    )
    rows = {row["meter_id"]: row for row in prices(books)}
    assert rows.keys() == {"meter-1", "meter-2"}
    assert len(prices(books)) == 2
    unread = ("retail_price", "meter_name", "effective_start")
    assert [rows["meter-1"][name] for name in unread] == [None] * 3
