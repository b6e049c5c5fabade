"""What is asked of Azure Monitor: metrics, how they are split, and the request that asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from azure.core.rest import HttpRequest

from ingest.monitored_resource import FOUNDRY, GATEWAY, MonitoredResource, ResourceKind
from ingest.windows import Window

MOST_SERIES = 1_000
"""Series per answer. The service gives 10 unless told, drops the rest in silence and has no pages:
an answer with as many series as were asked for is taken as cut."""

_VERSION = "2024-02-01"
_TIME = "%Y-%m-%dT%H:%M:00.000Z"
_MODEL = ("ModelDeploymentName", "ModelName", "ModelVersion")


@dataclass(frozen=True)
class MetricQuestion:
    """Metrics of one resource type that are split by the same dimensions, and one aggregation.

    Whatever the dimensions are, the sum over the series is the metric's; a dimension that no
    figure needs would only multiply the series.
    """

    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]
    aggregation: str

    def split(self) -> tuple["MetricQuestion", "MetricQuestion"]:
        """Return two questions with half the metrics each."""
        half = len(self.metrics) // 2
        return replace(self, metrics=self.metrics[:half]), replace(
            self, metrics=self.metrics[half:]
        )


QUESTIONS: Mapping[ResourceKind, tuple[MetricQuestion, ...]] = {
    FOUNDRY: (
        MetricQuestion(("InputTokens", "OutputTokens"), _MODEL, "Total"),
        MetricQuestion(
            ("cacheReadInputTokens", "ephemeral5mInputTokens", "ephemeral1hInputTokens"),
            (*_MODEL, "ContextLength"),
            "Total",
        ),
        MetricQuestion(("ModelRequests",), (*_MODEL, "StatusCode"), "Total"),
    ),
    # Classic tiers have Capacity, v2 tiers the other two.
    GATEWAY: (
        MetricQuestion(("Capacity", "CpuPercent_Gateway", "MemoryPercent_Gateway"), (), "Average"),
        MetricQuestion(("Requests",), ("GatewayResponseCodeCategory",), "Total"),
    ),
}


def metric_request(
    endpoint: str, resource: MonitoredResource, question: MetricQuestion, window: Window
) -> HttpRequest:
    """Return the request for every minute of a window, which starts and ends on a minute."""
    start, end = window
    options = {
        "api-version": _VERSION,
        "metricnamespace": resource.kind.namespace,
        "metricnames": ",".join(question.metrics),
        "aggregation": question.aggregation.lower(),
        "interval": "PT1M",
        "starttime": start.strftime(_TIME),
        "endtime": end.strftime(_TIME),
    }
    if question.dimensions:
        options |= {
            "filter": " and ".join(f"{name} eq '*'" for name in question.dimensions),
            "top": str(MOST_SERIES),
        }
    path = f"/subscriptions/{resource.subscription_id}/metrics:getBatch"
    return HttpRequest(
        "POST",
        f"{endpoint.rstrip('/')}{path}?{urlencode(options, quote_via=quote)}",
        json={"resourceids": [resource.resource_id]},
        headers={"Accept": "application/json"},
    )
