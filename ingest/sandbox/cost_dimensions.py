"""What a Cost Management query can group, filter and add up, and where cost-detail rows have it.

The names are those the service lists in its refusals for enterprise and customer agreements.
PublisherName is not among them: a query cannot tell Marketplace publishers apart, the cost-details
report can.
"""

from decimal import Decimal

from ingest.sandbox.cost_rows import (
    COST,
    COST_PRICING,
    COST_USD,
    CURRENCY,
    PRICING_CURRENCY,
    QUANTITY,
    RESOURCE_GROUP,
    SUBSCRIPTION,
    CostRow,
)

_SAME_NAME = (
    "ResourceType ResourceId SubscriptionName ConsumedService MeterId MeterCategory "
    "MeterSubcategory ServiceFamily UnitOfMeasure PartNumber AccountName DepartmentName "
    "EnrollmentAccountName BillingAccountId BillingAccountName BillingProfileId "
    "BillingProfileName InvoiceSectionId InvoiceSectionName ChargeType PublisherType Provider "
    "ReservationId ReservationName Frequency PricingModel CostAllocationRuleName MarkupRuleName "
    "BenefitId BenefitName ProductOrderId ProductOrderName BillingPeriod"
)

# Dimension -> the columns (lower case) of a cost-detail row that can hold it.
DIMENSIONS: dict[str, tuple[str, ...]] = {
    **{name: (name.lower(),) for name in _SAME_NAME.split()},
    "ResourceGroup": RESOURCE_GROUP,
    "ResourceGroupName": RESOURCE_GROUP,
    "ResourceLocation": ("resourcelocation", "location"),
    "SubscriptionId": SUBSCRIPTION,
    "Meter": ("meter", "metername"),
    "ResourceGuid": ("resourceguid", "meterid"),
    "ServiceName": ("servicename", "metercategory"),
    "ServiceTier": ("servicetier", "metersubcategory"),
    "InvoiceSection": ("invoicesection", "invoicesectionname"),
    "InvoiceId": ("invoiceid", "invoicenumber"),
    "InvoiceNumber": ("invoicenumber", "invoiceid"),
    "Product": ("product", "productname"),
}
MEASURES = ("Cost", "PreTaxCost", "CostUSD", "PreTaxCostUSD", "UsageQuantity")


def measured(row: CostRow, measure: str) -> Decimal | None:
    """What `row` adds to one of MEASURES; None when it does not say."""
    if measure == "UsageQuantity":
        return row.amount(QUANTITY)
    if not measure.endswith("USD"):
        return row.amount(COST)
    recorded = row.amount(COST_USD)
    if recorded is not None:
        return recorded
    if row.text(CURRENCY) == "USD":
        return row.amount(COST)
    return row.amount(COST_PRICING) if row.text(PRICING_CURRENCY) == "USD" else None
