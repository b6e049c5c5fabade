"""The documented platform metrics a recorded workspace may hold, with dimensions and units.

Sources: the supported-metrics pages of azure-monitor-docs for Microsoft.CognitiveServices/accounts
(31 Jul 2026) and Microsoft.ApiManagement/service. A metric or dimension that is recorded beyond
them is known as well; names compare without case, as Azure compares them.
"""

FOUNDRY = "Microsoft.CognitiveServices/accounts"
GATEWAY = "Microsoft.ApiManagement/service"

_MODEL = ("ApiName", "Region", "ModelDeploymentName", "ModelName", "ModelVersion")
_CACHE = (*_MODEL, "ContextLength")
_MODEL_REQUESTS = (
    *_MODEL,
    "OperationName",
    "StreamType",
    "StatusCode",
    "IsSpillover",
    "ServiceTierRequest",
    "ServiceTierResponse",
)
_GATEWAY_REQUESTS = (
    "Location",
    "Hostname",
    "LastErrorReason",
    "BackendResponseCode",
    "GatewayResponseCode",
    "BackendResponseCodeCategory",
    "GatewayResponseCodeCategory",
)

# Namespace -> metric -> the dimensions it can be split by.
DIMENSIONS: dict[str, dict[str, tuple[str, ...]]] = {
    FOUNDRY: {
        **dict.fromkeys(("InputTokens", "OutputTokens", "TotalTokens"), _MODEL),
        **dict.fromkeys(
            ("cacheReadInputTokens", "ephemeral5mInputTokens", "ephemeral1hInputTokens"), _CACHE
        ),
        "ModelRequests": _MODEL_REQUESTS,
        **dict.fromkeys(("TimeToResponse", "TimeToLastByte", "TokensPerSecond"), _MODEL),
    },
    GATEWAY: {
        "Capacity": ("Location",),
        "CpuPercent_Gateway": (),
        "MemoryPercent_Gateway": (),
        "Requests": _GATEWAY_REQUESTS,
        "Duration": ("Location", "Hostname"),
        "BackendDuration": ("Location", "Hostname"),
    },
}

# Shares and latencies: their points are averaged, and their unit is not a count.
GAUGES: dict[str, str] = {
    "capacity": "Percent",
    "cpupercent_gateway": "Percent",
    "memorypercent_gateway": "Percent",
    "duration": "MilliSeconds",
    "backendduration": "MilliSeconds",
    "timetoresponse": "MilliSeconds",
    "timetolastbyte": "MilliSeconds",
    "tokenspersecond": "Unspecified",
}

# What an interval without a point shows, by namespace in lower case. Azure fills some metrics with
# 0 and leaves the value out of others, and which is documented for neither of these. Left out is
# the stricter case for a reader: a minute nobody measured must not look like a measured zero.
GAP_TOTALS: dict[str, float | None] = {FOUNDRY.lower(): None, GATEWAY.lower(): None}
