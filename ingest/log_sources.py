"""The Log Analytics tables tollbook reads, and where each one lands."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LogSource:
    """One table: its query in `sql/kql`, its statement in `sql/landing`, its two tables here."""

    name: str
    azure_table: str
    staging_table: str
    columns: tuple[str, ...]

    @property
    def raw_table(self) -> str:
        """The warehouse table that keeps what arrived."""
        return f"warehouse.raw.{self.name}"


GATEWAY_LOG = LogSource(
    name="gateway_log",
    azure_table="ApiManagementGatewayLogs",
    staging_table="gateway_requests",
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

LLM_LOG = LogSource(
    name="llm_log",
    azure_table="ApiManagementGatewayLlmLog",
    staging_table="llm_rows",
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

LOG_SOURCES = (GATEWAY_LOG, LLM_LOG)
