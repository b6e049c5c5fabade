"""The JSON of a metrics answer: resources, their metrics, their series, a point per interval."""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.sandbox.metric_catalog import GAP_TOTALS, GAUGES
from ingest.sandbox.metric_filter import MetricFilter
from ingest.sandbox.metric_points import Interval, MetricPoints, Series
from models.clock import rfc3339

_AGGREGATED: dict[str, Callable[[Interval], float]] = {
    "total": lambda interval: interval.total,
    "average": lambda interval: interval.total / interval.sample_count,
    "minimum": lambda interval: interval.minimum,
    "maximum": lambda interval: interval.maximum,
    "count": lambda interval: interval.sample_count,
}
AGGREGATIONS = tuple(_AGGREGATED)

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class MetricsQuestion:
    """One query: `metrics` and dimension names in lower case, `span` as [start, end).

    `split_by`: dimensions that make a series of their own. `top`: series per resource and metric,
    None for all. `order`: aggregation series are sorted by, and whether the largest comes first.
    """

    resource_ids: tuple[str, ...]
    namespace: str
    metrics: tuple[str, ...]
    span: tuple[datetime, datetime]
    grain: timedelta
    interval: str
    aggregations: tuple[str, ...]
    filter: MetricFilter
    split_by: tuple[str, ...]
    top: int | None
    order: tuple[str, bool]
    now: datetime


@dataclass
class _Group:
    """The series that one answered series adds up: `values` of `split_by`, what is visible."""

    values: tuple[str, ...]
    series_ids: list[int] = field(default_factory=list)
    intervals: list[Interval] = field(default_factory=list)


def answer_text(points: MetricPoints, question: MetricsQuestion) -> str:
    """Answer `question` as the JSON text of a response body."""
    groups = _groups(points, question)
    _fill(points, question, [group for found in groups.values() for group in found])
    times = _times(question)
    values = ",".join(
        _resource_text(points, question, resource_id, groups, times)
        for resource_id in question.resource_ids
    )
    return f'{{"values":[{values}]}}'


def _groups(points: MetricPoints, question: MetricsQuestion) -> dict[tuple[str, str], list[_Group]]:
    """(resource, metric), both in lower case -> the groups that are asked for."""
    resource_ids = {name.lower() for name in question.resource_ids}
    metrics = set(question.metrics)
    found: dict[tuple[str, str], dict[tuple[str, ...], _Group]] = defaultdict(dict)
    for series, series_id in points.series.items():
        if series.resource_id not in resource_ids or series.metric not in metrics:
            continue
        values = _split_values(series, question)
        if values is not None:
            groups = found[series.resource_id, series.metric]
            groups.setdefault(values, _Group(values)).series_ids.append(series_id)
    return {key: list(groups.values()) for key, groups in found.items()}


def _split_values(series: Series, question: MetricsQuestion) -> tuple[str, ...] | None:
    """What makes the group of `series`; None when the question leaves it out."""
    dimensions = dict(series.dimensions)
    if series.namespace != question.namespace.lower() or not question.filter.takes(dimensions):
        return None
    return tuple(dimensions.get(name, "") for name in question.split_by)


def _fill(points: MetricPoints, question: MetricsQuestion, groups: list[_Group]) -> None:
    """Give every group its visible intervals."""
    members = {
        series_id: number for number, group in enumerate(groups) for series_id in group.series_ids
    }
    grain_us = question.grain // _MICROSECOND
    for interval in points.intervals(members, question.span, grain_us, question.now):
        groups[interval.group].intervals.append(interval)


def _times(question: MetricsQuestion) -> list[str]:
    """The start of every interval of the span, as the answer spells it."""
    start, end = question.span
    count = -((start - end) // question.grain)
    return [rfc3339(start + number * question.grain) for number in range(count)]


def _resource_text(
    points: MetricPoints,
    question: MetricsQuestion,
    resource_id: str,
    groups: dict[tuple[str, str], list[_Group]],
    times: list[str],
) -> str:
    head = {
        "starttime": rfc3339(question.span[0]),
        "endtime": rfc3339(question.span[1]),
        "interval": question.interval,
        "namespace": question.namespace,
        "resourceregion": "global",
        "resourceid": resource_id,
    }
    metrics = []
    for metric in question.metrics:
        name, _ = points.names[question.namespace.lower()][metric]
        aggregations = question.aggregations or (("average",) if metric in GAUGES else ("total",))
        described = {
            "id": f"{resource_id}/providers/Microsoft.Insights/metrics/{name}",
            "type": "Microsoft.Insights/metrics",
            "name": {"value": name, "localizedValue": name},
            "displayDescription": name,
            "errorCode": "Success",
            "unit": GAUGES.get(metric, "Count"),
        }
        wanted = _wanted(question, groups.get((resource_id.lower(), metric), []))
        texts = ",".join(_series_text(question, group, aggregations, times) for group in wanted)
        metrics.append(f'{json.dumps(described)[:-1]},"timeseries":[{texts}]}}')
    return f'{json.dumps(head)[:-1]},"value":[{",".join(metrics)}]}}'


def _wanted(question: MetricsQuestion, groups: list[_Group]) -> list[_Group]:
    """The groups to answer with, in order: with a filter, those that have a point, up to `top`."""
    if not question.filter.values:
        return groups or [_Group(())]
    aggregation, is_descending = question.order
    present = sorted((group for group in groups if group.intervals), key=lambda group: group.values)
    present.sort(key=lambda group: _over_span(group, aggregation), reverse=is_descending)
    return present[: question.top]


def _over_span(group: _Group, aggregation: str) -> float:
    """One aggregation of all points of a group."""
    intervals = group.intervals
    total, count = (
        sum(interval.total for interval in intervals),
        sum(interval.sample_count for interval in intervals),
    )
    return {
        "total": total,
        "count": count,
        "average": total / count,
        "minimum": min(interval.minimum for interval in intervals),
        "maximum": max(interval.maximum for interval in intervals),
    }[aggregation]


def _series_text(
    question: MetricsQuestion, group: _Group, aggregations: tuple[str, ...], times: list[str]
) -> str:
    # Azure writes the names of dimensions in lower case here, however they were asked for.
    metadata = [
        {"name": {"value": name, "localizedValue": name}, "value": value}
        for name, value in zip(question.split_by, group.values, strict=False)
    ]
    gap = _gap(question, aggregations)
    data = [f'{{"timeStamp":"{time}"{gap}}}' for time in times]
    readers = [(f',"{name}":', _AGGREGATED[name]) for name in aggregations]
    for interval in group.intervals:
        # The repr of a finite float is its JSON.
        values = "".join([f"{head}{read(interval)!r}" for head, read in readers])
        data[interval.number] = f'{{"timeStamp":"{times[interval.number]}"{values}}}'
    return f'{{"metadatavalues":{json.dumps(metadata)},"data":[{",".join(data)}]}}'


def _gap(question: MetricsQuestion, aggregations: tuple[str, ...]) -> str:
    """What an interval without a point shows."""
    total = GAP_TOTALS.get(question.namespace.lower())
    return f',"total":{total}' if total is not None and "total" in aggregations else ""
