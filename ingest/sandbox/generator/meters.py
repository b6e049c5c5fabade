"""The meters on the simulated invoice, and the Retail Prices pages that list Microsoft's own.

The gateway's unit price is the one recorded from the Retail Prices API on 6 October 2026 for the
region East US 2; all other figures are invented, as are all ids.
"""

from dataclasses import dataclass
from decimal import Decimal

from ingest.sandbox.generator.catalog import GATEWAY_NAME, RESOURCE_GROUP
from ingest.sandbox.generator.tariff import CCU_USD

_APIM = f"/providers/Microsoft.ApiManagement/service/{GATEWAY_NAME}"
_MICROSOFT = "Microsoft"


@dataclass(frozen=True)
class Meter:
    """What a cost row says of its meter; `resource` is the path below the resource group."""

    name: str
    category: str
    unit: str
    unit_price_usd: Decimal
    meter_id: str = ""
    sub_category: str = ""
    publisher_type: str = _MICROSOFT
    publisher: str = _MICROSOFT
    plan: str = ""
    resource_group: str = RESOURCE_GROUP
    resource: str = ""
    location: str = "swedencentral"


def _meter_id(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def _bought(name: str, publisher: str, price: Decimal, group: str) -> Meter:
    """Return a Marketplace offer of another company."""
    return Meter(
        name,
        name,
        "1",
        price,
        publisher_type="Marketplace",
        publisher=publisher,
        plan="pay as you go",
        resource_group=group,
        location="",
    )


METERS = {
    "ccu": _bought("Claude Consumption Units", "Anthropic", CCU_USD, RESOURCE_GROUP),
    "maps plan": _bought("Fabrikam Maps Team", "Fabrikam", Decimal(49), "maps"),
    "gateway unit": Meter(
        "Standard v2 Unit",
        "API Management",
        "1 Hour",
        Decimal("0.96"),
        _meter_id(101),
        resource=_APIM,
    ),
    "gateway second unit": Meter(
        "Standard v2 Secondary Unit",
        "API Management",
        "1 Hour",
        Decimal("0.48"),
        _meter_id(102),
        resource=_APIM,
    ),
    "gateway calls": Meter(
        "Standard v2 Calls",
        "API Management",
        "10K",
        Decimal(0),
        _meter_id(103),
        resource=_APIM,
    ),
    "log ingestion": Meter(
        "Analytics Logs Data Ingestion",
        "Log Analytics",
        "1 GB",
        Decimal("2.99"),
        _meter_id(201),
        resource="/providers/Microsoft.OperationalInsights/workspaces/contoso-logs",
    ),
    "private endpoint": Meter(
        "Standard Private Endpoint",
        "Virtual Network",
        "1 Hour",
        Decimal("0.01"),
        _meter_id(301),
        "Private Link",
        resource="/providers/Microsoft.Network/privateEndpoints/contoso-gateway-pe",
    ),
    "payroll server": Meter(
        "D2s v5",
        "Virtual Machines",
        "1 Hour",
        Decimal("0.107"),
        _meter_id(401),
        resource_group="payroll",
        resource="/providers/Microsoft.Compute/virtualMachines/payroll-1",
    ),
    "rounding": Meter("", "", "", Decimal(0), resource_group="", location=""),
}
