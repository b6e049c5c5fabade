"""Pages of the Retail Prices API: today's prices of the shared meters, among older and other ones.

Claude is not listed there. All figures but the gateway's unit price in East US 2 are invented.
"""

from decimal import Decimal

from ingest.sandbox.generator.meters import METERS

_REGIONS = (("swedencentral", "SE Central"), ("eastus2", "US East 2"), ("westeurope", "EU West"))
_TODAY = "2026-06-01T00:00:00Z"
_BEFORE = "2025-03-01T00:00:00Z"
_FAMILIES = {"API Management": "Integration", "Log Analytics": "Management and Governance"}
_PAGE_URL = "https://prices.azure.com/api/retail/prices?api-version=2023-01-01-preview&$skip="
# Meter, factor on today's price, start; a later start supersedes.
_PRICES = (
    ("gateway unit", "1", _TODAY),
    ("gateway unit", "1.05", _BEFORE),
    ("gateway second unit", "1", _TODAY),
    ("gateway calls", "1", _TODAY),
    ("log ingestion", "1", _TODAY),
    ("log ingestion", "0.9", _BEFORE),
)
_REGION_FACTORS = {"swedencentral": "1", "eastus2": "1", "westeurope": "1.1"}


def retail_pages() -> list[dict[str, object]]:
    """Return the pages in order, in the API's envelope; prices are Decimals."""
    pages = [
        [_item(name, factor, since, region) for name, factor, since in _PRICES]
        for region in _REGIONS
    ]
    links: list[str | None] = []
    skipped = 0
    for items in pages[:-1]:
        skipped += len(items)
        links.append(f"{_PAGE_URL}{skipped}")
    return [
        {
            "BillingCurrency": "USD",
            "CustomerEntityId": "Default",
            "CustomerEntityType": "Retail",
            "Items": items,
            "NextPageLink": link,
            "Count": len(items),
        }
        for items, link in zip(pages, [*links, None], strict=True)
    ]


def _item(name: str, factor: str, since: str, region: tuple[str, str]) -> dict[str, object]:
    meter = METERS[name]
    arm_region, location = region
    price = meter.unit_price_usd * Decimal(factor) * Decimal(_REGION_FACTORS[arm_region])
    # A meter has an id of its own in every region; the first region's is the invoice's.
    place = [name for name, _ in _REGIONS].index(arm_region)
    number = f"SIMULATED{meter.meter_id[-3:]}"
    item: dict[str, object] = {
        "currencyCode": "USD",
        "tierMinimumUnits": Decimal(0),
        "retailPrice": price,
        "unitPrice": price,
        "armRegionName": arm_region,
        "location": location,
        "effectiveStartDate": since,
        "meterId": f"{meter.meter_id[:24]}{place}{meter.meter_id[25:]}",
        "meterName": meter.name,
        "productId": number,
        "skuId": f"{number}/0001",
        "productName": meter.category,
        "skuName": "Standard v2" if meter.category == "API Management" else "Analytics Logs",
        "serviceName": meter.category,
        "serviceId": f"SIMULATED-{meter.category}",
        "serviceFamily": _FAMILIES[meter.category],
        "unitOfMeasure": meter.unit,
        "type": "Consumption",
        "isPrimaryMeterRegion": place == 0,
        "armSkuName": "",
    }
    return item | ({"effectiveEndDate": _TODAY} if since == _BEFORE else {})
