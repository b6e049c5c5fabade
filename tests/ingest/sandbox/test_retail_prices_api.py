import gzip
import json
from decimal import Decimal
from types import SimpleNamespace

import httpx
import pytest
from tiny_workspace import write_workspace

from ingest.sandbox.process import sandbox_process
from ingest.sandbox.retail_prices import PAGE_ITEMS

TWO_REGIONS = "armRegionName eq 'eastus2' or armRegionName eq 'westeurope'"


def item(number, **more):
    return {
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": "PRICE",
        "armRegionName": ["eastus2", "westeurope", "swedencentral"][number % 3],
        "location": "somewhere",
        "effectiveStartDate": "2026-07-01T00:00:00Z",
        "meterId": f"meter-{number}",
        "meterName": ["Basic v2 Unit", "Standard v2 Unit", "Calls"][number % 3],
        "productName": "API Management",
        "skuName": ["Basic v2", "O'Reilly's"][number % 2],
        "serviceName": ["API Management", "Log Analytics"][number % 2],
        "unitOfMeasure": "1 Hour",
        "type": ["Consumption", "Reservation"][number % 5 == 0],
        "isPrimaryMeterRegion": number % 4 == 0,
        **more,
    }


ITEMS = [
    *(item(number) for number in range(2 * PAGE_ITEMS + 300)),
    item(2, currencyCode="EUR", meterId="euro"),
    item(0, effectiveStartDate="2026-10-02T00:00:00Z", meterId="october"),
    item(0, effectiveStartDate="2026-11-01T00:00:00Z", meterId="november"),
]


def page(items):
    """A recorded page; every price in it has more digits than a float."""
    return json.dumps({"BillingCurrency": "USD", "Items": items, "Count": len(items)}).replace(
        '"PRICE"', "0.2100000000000000001"
    )


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    files = {
        "retail_prices/page-1.json": page(ITEMS[:1500]).encode(),
        "retail_prices/page-2.json.gz": gzip.compress(page(ITEMS[1500:]).encode()),
        "retail_prices/page-3.json": b"[1, 2]",
        "retail_prices/page-4.json": page([{"effectiveStartDate": "soon"}]).encode(),
    }
    folder = write_workspace(tmp_path_factory.mktemp("recorded"), files)
    with sandbox_process(folder) as url:
        yield SimpleNamespace(url=url)


@pytest.fixture
def ask(server):
    """All pages of an answer, followed as a client does."""

    def query(text=None, **more):
        given = {"api-version": "2023-01-01-preview", **more}
        if text is not None:
            given["$filter"] = text
        pages = []
        path = httpx.URL(f"{server.url}/api/retail/prices", params=given)
        while path:
            answer = httpx.get(path)
            assert answer.status_code == 200, answer.text
            pages.append(json.loads(answer.text, parse_float=Decimal))
            path = pages[-1]["NextPageLink"]
        return pages

    return query


def meters(pages):
    return [found["meterId"] for one in pages for found in one["Items"]]


def shown(takes=lambda _: True, currency="USD"):
    return [
        one["meterId"]
        for one in ITEMS
        if one["currencyCode"] == currency and one["meterId"] != "november" and takes(one)
    ]


def test_the_feed_is_paged_by_a_thousand(ask):
    pages = ask()
    assert [one["Count"] for one in pages] == [PAGE_ITEMS, PAGE_ITEMS, 301]
    assert [len(one["Items"]) for one in pages] == [PAGE_ITEMS, PAGE_ITEMS, 301]
    assert meters(pages) == shown()
    assert {name for one in pages for name in one} == {
        "BillingCurrency",
        "CustomerEntityId",
        "CustomerEntityType",
        "Items",
        "NextPageLink",
        "Count",
    }


def test_prices_keep_their_digits_and_items_their_fields(ask):
    (found,) = ask("meterId eq 'meter-7'")[0]["Items"]
    assert found.pop("retailPrice") == Decimal("0.2100000000000000001")
    wanted = item(7)
    del wanted["retailPrice"]
    assert found == wanted


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("serviceName eq 'API Management'", lambda one: one["serviceName"] == "API Management"),
        ("serviceName ne 'API Management'", lambda one: one["serviceName"] != "API Management"),
        # Values are case-sensitive.
        ("serviceName eq 'api management'", lambda _: False),
        ("skuName eq 'O''Reilly''s'", lambda one: one["skuName"] == "O'Reilly's"),
        ("contains(meterName, 'v2')", lambda one: "v2" in one["meterName"]),
        ("startswith(meterName,'Basic')", lambda one: one["meterName"].startswith("Basic")),
        ("priceType eq 'Reservation'", lambda one: one["type"] == "Reservation"),
        ("isPrimaryMeterRegion eq true", lambda one: one["isPrimaryMeterRegion"]),
        ("reservationTerm eq '1 Year'", lambda _: False),
        (
            f"{TWO_REGIONS} and serviceName eq 'Log Analytics'",
            lambda one: (
                one["armRegionName"] == "eastus2"
                or (one["armRegionName"] == "westeurope" and one["serviceName"] == "Log Analytics")
            ),
        ),
        (
            f"({TWO_REGIONS}) and serviceName eq 'Log Analytics'",
            lambda one: (
                one["armRegionName"] in ("eastus2", "westeurope")
                and one["serviceName"] == "Log Analytics"
            ),
        ),
    ],
)
def test_filters(ask, text, takes):
    assert meters(ask(text)) == shown(takes)


def test_currency_and_region_are_options_of_their_own(ask):
    for spelling in ("EUR", "'EUR'"):
        (one,) = ask(currencyCode=spelling)
        assert one["BillingCurrency"] == "EUR"
        assert meters([one]) == ["euro"]
    primary = ask(meterRegion="'primary'")
    assert meters(primary) == shown(lambda one: one["isPrimaryMeterRegion"])


def test_a_price_is_there_from_its_first_day(server, ask):
    text = "meterId eq 'october' or meterId eq 'november'"
    seen = []
    for now in ("2026-10-01T23:59:59Z", "2026-11-01T00:00:00Z", "2026-10-03T00:00:00Z"):
        httpx.post(f"{server.url}/sandbox/clock", json={"now": now}).raise_for_status()
        seen.append(meters(ask(text)))
    assert seen == [[], ["october", "november"], ["october"]]


@pytest.mark.parametrize(
    "query",
    [
        {"$filter": "color eq 'red'"},
        {"$filter": "not(contains(productName, 'x'))"},
        {"$filter": "serviceName eq 'x"},
        {"$filter": "serviceName eq 'x' and"},
        {"$filter": "contains(serviceName)"},
        {"$filter": "(" * 50 + "serviceName eq 'x'" + ")" * 50},
        {"$skip": "-1"},
        {"$orderby": "meterId"},
        {"meterRegion": "all"},
    ],
)
def test_what_is_not_understood_is_refused(server, query):
    answer = httpx.get(f"{server.url}/api/retail/prices", params=query)
    assert answer.status_code == 400
    assert answer.json()["Error"]["Code"] == "BadRequest"


def test_pages_that_cannot_be_read_are_reported(server):
    counts = httpx.get(f"{server.url}/sandbox/problems").json()["counts"]
    assert counts == {"retail_prices/page-3.json": 1, "retail_prices/page-4.json": 1}
