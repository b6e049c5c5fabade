"""What tollbook reads, and where each source lands: one raw table, and staging where rows pair."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Source:
    """One source: its rows as they arrive, its statement in `sql/landing`, its tables.

    A batch of a source is a file of JSON arrays, one row a line, with the values of `columns` in
    this order. `staging_table` names three statements of `sql/staging`: the table itself,
    `replaced_` and, where the ledger depends on it, `days_of_` it. `known_by` names the statement
    of `sql/landing` that takes known rows out of a batch, None where every batch is a snapshot.
    """

    name: str
    columns: tuple[str, ...]
    staging_table: str | None = None
    marks_days: bool = False
    azure_table: str = field(default="")
    is_optional: bool = False
    known_by: str | None = "forget_known"
    known_time: str = "ingested_at"
    known_in: str = "raw"

    @property
    def known_table(self) -> str:
        """The warehouse table that tells which rows of a batch are known already."""
        return (
            self.raw_table if self.known_in == "raw" else f"warehouse.staging.{self.staging_table}"
        )

    @property
    def days_of(self) -> str:
        """The table whose statement in `sql/staging` says which days a load touches."""
        return self.staging_table or self.name

    @property
    def raw_table(self) -> str:
        """The warehouse table that keeps what arrived."""
        return f"warehouse.raw.{self.name}"

    @property
    def title(self) -> str:
        """What Azure calls it, for people."""
        return self.azure_table or self.name.replace("_", " ")


GATEWAY_LOG = Source(
    name="gateway_log",
    azure_table="ApiManagementGatewayLogs",
    staging_table="gateway_requests",
    marks_days=True,
    columns=(
        "ingested_at",
        "item_id",
        "resource_id",
        "time_generated",
        "correlation_id",
        "api_id",
        "apim_subscription_id",
        "method",
        "url",
        "caller_ip_address",
        "response_code",
        "backend_response_code",
        "backend_url",
        "request_size_bytes",
        "response_size_bytes",
        "total_time_ms",
        "backend_time_ms",
        "last_error_reason",
        "last_error_source",
        "region",
        "request_headers",
        "response_headers",
        "backend_request_headers",
        "trace_records",
    ),
)

LLM_LOG = Source(
    name="llm_log",
    azure_table="ApiManagementGatewayLlmLog",
    staging_table="llm_rows",
    marks_days=True,
    columns=(
        "ingested_at",
        "item_id",
        "resource_id",
        "time_generated",
        "correlation_id",
        "request_id",
        "model_name",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "sequence_number",
        "region",
    ),
)

APP_METRICS = Source(
    name="app_metrics",
    azure_table="AppMetrics",
    marks_days=True,
    is_optional=True,
    columns=(
        "ingested_at",
        "item_id",
        "resource_id",
        "time_generated",
        "metric",
        "value_sum",
        "item_count",
        "properties",
    ),
)

APP_TRACES = Source(
    name="app_traces",
    azure_table="AppTraces",
    staging_table="caller_traces",
    marks_days=True,
    is_optional=True,
    columns=("ingested_at", "item_id", "resource_id", "time_generated", "properties"),
)

LOG_SOURCES = (GATEWAY_LOG, LLM_LOG, APP_METRICS, APP_TRACES)
"""The tables that are asked of Log Analytics. A tenant may lack the optional ones."""

PLATFORM_METRICS = Source(
    name="platform_metrics",
    staging_table="metric_points",
    marks_days=True,
    known_by="forget_known_points",
    known_time="point_time",
    known_in="staging",
    columns=(
        "resource_id",
        "namespace",
        "metric",
        "aggregation",
        "point_time",
        "dimensions",
        "value",
    ),
)

COST_ROWS = Source(name="cost_rows", columns=(), known_by=None)
COST_TOTALS = Source(
    name="cost_totals",
    known_by="forget_unchanged_totals",
    known_time="charge_date",
    columns=(
        "charge_date",
        "publisher_type",
        "publisher_name",
        "meter_category",
        "meter_name",
        "resource_group",
        "charge_type",
        "quantity",
        "cost",
        "currency",
    ),
)
RETAIL_PRICES = Source(
    name="retail_prices",
    columns=(
        "meter_id",
        "meter_name",
        "product_name",
        "sku_name",
        "service_name",
        "arm_region_name",
        "currency_code",
        "unit_of_measure",
        "price_type",
        "tier_minimum_units",
        "retail_price",
        "unit_price",
        "effective_start",
        "effective_end",
    ),
)
USAGE_RECORDS = Source(
    name="usage_records",
    staging_table="usage_records",
    marks_days=True,
    columns=("correlation_id", "record_time", "usage"),
)
