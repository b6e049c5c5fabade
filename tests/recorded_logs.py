"""A few rows of the log tables, broken ones among them, for tests of what serves or reads them."""

from datetime import UTC, datetime, timedelta

from tiny_workspace import GATEWAY, SECOND

GATEWAY_LOG = "tables/ApiManagementGatewayLogs/day.jsonl"
LLM_LOG = "tables/ApiManagementGatewayLlmLog/day.jsonl"
HEADERS = {"x-caller-oid": "oid", "note": 'quote " and ü'}


def gateway_row(number: int, **more: object) -> dict[str, object]:
    generated = datetime(2026, 10, 1, 10, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "TimeGenerated": generated.strftime("%Y-%m-%dT%H:%M:%S.1234567Z"),
        "CorrelationId": f"request-{number}",
        "Method": "POST",
        "ResponseCode": 200,
        "TotalTime": 2**40 + number,
        "IsRequestSuccess": True,
        "RequestHeaders": HEADERS,
        "_ResourceId": GATEWAY,
        "_IngestionTime": (generated + timedelta(minutes=5)).isoformat(),
        **more,
    }


def llm_row(number: int, **more: object) -> dict[str, object]:
    return {
        "TimeGenerated": f"2026-10-01T10:{number:02}:01Z",
        "CorrelationId": f"request-{number}",
        "RequestId": f"msg_{number}",
        "ModelName": "claude-opus-5",
        "PromptTokens": 12,
        "CompletionTokens": 49,
        "TotalTokens": 61,
        **more,
    }


LOG_FILES = {
    GATEWAY_LOG: [
        *(gateway_row(number) for number in range(40)),
        gateway_row(40, TenantId=SECOND.upper()),
        gateway_row(41, _ResourceId="/subscriptions/s/elsewhere"),
        gateway_row(42, _IngestionTime="2026-10-02T18:00:00Z"),
        "{broken",
    ],
    LLM_LOG: [*(llm_row(number) for number in range(30)), llm_row(30, PromptTokens="many")],
    "tables/AppMetrics/day.jsonl": [
        {"TimeGenerated": "2026-10-01T10:00:00Z", "Name": "Total Tokens", "Sum": 1.5}
    ],
}
