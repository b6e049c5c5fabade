"""Platform metrics over recorded points: `POST /subscriptions/{id}/metrics:getBatch`.

As documented for the metrics batch API of azure-monitor-docs (2024-02-01): one series per
combination of the dimensions a filter names, ten of them unless `top` says otherwise and the rest
dropped in silence; intervals start at the start of the span, cut to its minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.sandbox.azure_request import (
    RefusedError,
    authorized_route,
    bad_request,
    json_body,
    query_options,
)
from ingest.sandbox.metric_answer import AGGREGATIONS, MetricsQuestion, answer_text
from ingest.sandbox.metric_filter import read_metric_filter
from ingest.sandbox.metric_points import MetricPoints
from ingest.sandbox.workspace import Workspace
from models.clock import Clock, parse_utc

VERSIONS = ("2023-10-01", "2024-02-01")
DEFAULT_TOP = 10
RESOURCES_PER_BATCH = 50
# Platform metrics are kept this long.
LONGEST_SPAN = timedelta(days=93)
GRAINS = {
    "PT1M": timedelta(minutes=1),
    "PT5M": timedelta(minutes=5),
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT1H": timedelta(hours=1),
    "PT6H": timedelta(hours=6),
    "PT12H": timedelta(hours=12),
    "P1D": timedelta(days=1),
}

_DEFAULT_SPAN = timedelta(hours=1)
_ORDERS = {**{name: name for name in AGGREGATIONS}, "sum": "total"}


@dataclass(frozen=True)
class Metrics:
    """What the endpoint answers from."""

    workspace: Workspace
    points: MetricPoints
    clock: Clock

    def routes(self) -> list[Route]:
        """The endpoint, in both spellings clients use."""
        return [
            authorized_route(f"/subscriptions/{{subscription_id}}/{action}", self._batch, "POST")
            for action in ("metrics:getBatch", "metrics:getbatch")
        ]

    async def _batch(self, request: Request) -> Response:
        given = query_options(request)
        if given["api-version"] not in VERSIONS:
            raise RefusedError(
                400,
                "UnsupportedApiVersion",
                f"The api-version '{given['api-version']}' is not supported; the supported "
                f"versions are {', '.join(VERSIONS)}.",
            )
        body = await json_body(request)
        resource_ids = _resource_ids(body.get("resourceids"))
        self._require_resources(request.path_params["subscription_id"], resource_ids)
        question = self._question(given, resource_ids)
        text = await run_in_threadpool(answer_text, self.points, question)
        return Response(text, media_type="application/json")

    def _require_resources(self, subscription_id: str, resource_ids: tuple[str, ...]) -> None:
        """Refuse what is not in this subscription, or not in the recording."""
        recorded = {
            name.lower()
            for name in (*self.workspace.apim_resource_ids, *self.workspace.foundry_resource_ids)
        } | {series.resource_id for series in self.points.series}
        prefix = f"/subscriptions/{subscription_id}/".lower()
        if not any(name.startswith(prefix) for name in recorded):
            raise RefusedError(
                403,
                "AuthorizationFailed",
                "The client does not have authorization to perform action "
                f"'Microsoft.Insights/metrics/read' over scope '{prefix[:120]}'.",
            )
        for name in resource_ids:
            if not name.lower().startswith(prefix):
                raise bad_request("All resources of a batch must be in the subscription it names.")
            if name.lower() not in recorded:
                raise RefusedError(
                    404, "ResourceNotFound", f"The resource '{name[:200]}' was not found."
                )

    def _question(self, given: dict[str, str], resource_ids: tuple[str, ...]) -> MetricsQuestion:
        now = self.clock.now()
        namespace = _required(given, "metricnamespace")
        interval = given.get("interval", "PT1M")
        if interval not in GRAINS:
            raise bad_request(
                f"Detected invalid time grain input '{interval[:20]}': the supported ones are "
                f"{', '.join(GRAINS)}."
            )
        metrics = self._metrics(namespace, _listed(_required(given, "metricnames")))
        asked = read_metric_filter(given.get("filter", ""))
        rolled_up = {name.lower() for name in _listed(given.get("rollupby", ""))}
        self._require_dimensions(namespace, metrics, {*asked.values, *rolled_up})
        return MetricsQuestion(
            resource_ids=resource_ids,
            namespace=namespace,
            metrics=metrics,
            span=_span(given, now),
            grain=GRAINS[interval],
            interval=interval,
            aggregations=_aggregations(given.get("aggregation", "")),
            filter=asked,
            split_by=tuple(name for name in asked.values if name not in rolled_up),
            top=_top(given.get("top")) if asked.values else None,
            order=_order(given.get("orderby", "sum desc")),
            now=now,
        )

    def _metrics(self, namespace: str, names: Iterable[str]) -> tuple[str, ...]:
        """The asked metrics in lower case; raises RefusedError for one nobody knows."""
        known = self.points.names.get(namespace.lower())
        if known is None:
            raise bad_request(f"The metric namespace '{namespace[:120]}' is not known.")
        for name in names:
            if name.lower() not in known:
                provider, _, kind = namespace.partition("/")
                valid = ",".join(spelled for spelled, _ in known.values())
                raise bad_request(
                    f"Failed to find metric configuration for provider: {provider}, resource "
                    f"Type: {kind}, metric: {name[:80]}, Valid metrics: {valid}"
                )
        return tuple(name.lower() for name in names)

    def _require_dimensions(
        self, namespace: str, metrics: tuple[str, ...], names: set[str]
    ) -> None:
        for metric in metrics:
            spelled, known = self.points.names[namespace.lower()][metric]
            for name in sorted(names - known.keys()):
                raise bad_request(
                    f"Metric: {spelled} does not support requested dimension: {name[:80]}, "
                    f"supported ones are: {','.join(known.values())}"
                )


def _resource_ids(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) for one in value):
        raise bad_request("The body needs 'resourceids', a list of resource ids.")
    if len(value) > RESOURCES_PER_BATCH:
        raise bad_request(f"A batch holds {RESOURCES_PER_BATCH} resources at most.")
    return tuple(value)


def _required(given: dict[str, str], name: str) -> str:
    if not given.get(name):
        raise bad_request(f"The query parameter '{name}' is required.")
    return given[name]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _span(given: dict[str, str], now: datetime) -> tuple[datetime, datetime]:
    """[start, end) of the query: the hour until now unless it says otherwise."""
    try:
        start, end = (
            parse_utc(given[name]) if given.get(name) else None for name in ("starttime", "endtime")
        )
    except ValueError:
        raise bad_request("Write starttime and endtime as 2026-10-01T00:00:00.000Z.") from None
    if end is not None and start is None:
        raise bad_request("A query with an endtime needs a starttime.")
    end = end or now
    start = start or end - _DEFAULT_SPAN
    if start >= end:
        raise bad_request("The starttime must lie before the endtime.")
    if end - start > LONGEST_SPAN:
        raise bad_request(f"The timespan is longer than {LONGEST_SPAN.days} days.")
    return start.replace(second=0, microsecond=0), end


def _aggregations(text: str) -> tuple[str, ...]:
    asked = tuple(name.lower() for name in _listed(text))
    for name in asked:
        if name not in AGGREGATIONS:
            raise bad_request(
                f"The aggregation '{name[:20]}' is none of {', '.join(AGGREGATIONS)}."
            )
    return tuple(dict.fromkeys(asked))


def _top(text: str | None) -> int:
    if text is None:
        return DEFAULT_TOP
    if not text.isascii() or not text.isdecimal() or not 1 <= len(text) <= 9 or int(text) == 0:
        raise bad_request(f"'top' must be a positive number, not '{text[:20]}'.")
    return int(text)


def _order(text: str) -> tuple[str, bool]:
    """The aggregation series are sorted by, and whether the largest comes first."""
    name, _, direction = text.lower().partition(" ")
    direction = direction.strip() or "asc"
    if name not in _ORDERS or direction not in ("asc", "desc"):
        raise bad_request(f"'orderby' must look like 'sum desc', not '{text[:40]}'.")
    return _ORDERS[name], direction == "desc"
