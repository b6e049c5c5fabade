"""Recorded platform metrics (`metrics/*.jsonl`), loaded once into a temporary DuckDB database.

A point is visible from its `available_at` on (missing = its time + 3 minutes). Of several points
of one series and time, the visible one with the latest `available_at` holds, among equals the one
recorded last.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import duckdb

from ingest.sandbox.line_table import load_lines
from ingest.sandbox.metric_catalog import DIMENSIONS
from ingest.sandbox.workspace import (
    Problem,
    Problems,
    Workspace,
    json_line_files,
    recorded_name,
)

_NAMES = (
    "resource_id",
    "namespace",
    "metric",
    "time",
    "time_grain",
    "dimensions",
    "total",
    "available_at",
)
_MOMENT = (
    """case when regexp_full_match({0}::varchar, '"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}T[^"]+"""
    """(Z|[+-][0-9]{{2}}:[0-9]{{2}})"') """
    """then try_cast({0} ->> '$' as timestamptz) at time zone 'UTC' end"""
)
_TEXT = "case when json_type({0}) = 'VARCHAR' then nullif({0} ->> '$', '') end"
_GRAINS = "('PT1M', 'PT5M', 'PT15M', 'PT30M', 'PT1H', 'PT6H', 'PT12H', 'P1D')"

_CHECKED = f"""
create or replace temp table checked as
with converted as (
    select
        line,
        {_TEXT.format("resource_id")} as resource_id,
        {_TEXT.format("namespace")} as namespace,
        {_TEXT.format("metric")} as metric,
        {_MOMENT.format("time")} as time,
        if(dimensions is null or dimensions::varchar = 'null', '{{}}', dimensions)::varchar
            as dimensions,
        dimensions is null or json_type(dimensions) in ('OBJECT', 'NULL') as is_object,
        case
            when json_type(total) in ('UBIGINT', 'BIGINT', 'HUGEINT', 'DOUBLE')
                then try_cast(total::varchar as double)
        end as given_total,
        if(isfinite(given_total), given_total, null) as total,
        available_at is null or available_at::varchar = 'null' as is_undated,
        {_MOMENT.format("available_at")} as available_at,
        coalesce(nullif(time_grain ->> '$', ''), 'PT1M') in {_GRAINS} as is_known_grain,
    from lines
)
select
    line, resource_id, namespace, metric, time, dimensions, total,
    case when is_undated then time + interval 3 minute else available_at end as available_at,
    concat_ws(
        ', ',
        if(resource_id is null, 'resource_id', null),
        if(namespace is null, 'namespace', null),
        if(metric is null, 'metric', null),
        if(time is null, 'time', null),
        if(total is null, 'total', null),
        if(not is_known_grain, 'time_grain', null),
        if(not is_object, 'dimensions', null),
        if(not is_undated and available_at is null, 'available_at', null)
    ) as wrong,
from converted
"""
_SERIES = """
select resource_id, namespace, metric, dimensions
from checked where wrong = '' group by all order by min(line)
"""
_INSERT = """
insert into points
select named.series_id, checked.time, checked.total, checked.available_at, $file, checked.line
from checked
inner join (
    select unnest($ids) as series_id, unnest($resources) as resource_id,
        unnest($namespaces) as namespace, unnest($metrics) as metric,
        unnest($dimensions) as dimensions
) as named using (resource_id, namespace, metric, dimensions)
where checked.wrong = ''
"""
_TOTALS = """
with wanted as (
    select unnest($series::integer[]) as series_id, unnest($groups::integer[]) as group_id
),

held as (
    select series_id, group_id, time,
        arg_max(total, (available_at, file, line)) as total
    from points
    inner join wanted using (series_id)
    where time >= $first and time < $last and available_at <= $now
    group by all
)

select group_id, ((epoch_us(time) - epoch_us($first)) // $grain_us)::integer as interval_number,
    fsum(total) as total, count(*)::double as count, min(total) as minimum, max(total) as maximum
from held
group by all
order by all
"""


@dataclass(frozen=True)
class Series:
    """One recorded time series; `resource_id`, `namespace`, `metric` and names in lower case."""

    resource_id: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]


class Interval(NamedTuple):
    """The points of a group of series in one interval, which is counted from the span's start."""

    group: int
    number: int
    total: float
    sample_count: float
    minimum: float
    maximum: float


@dataclass(frozen=True)
class MetricPoints:
    """The loaded points. `series`: each with its id; `names`: metrics and dimensions as spelled.

    `names` goes namespace (lower case) -> metric (lower case) -> (its name, its dimensions' names
    by lower case), documented ones included.
    """

    connection: duckdb.DuckDBPyConnection
    series: dict[Series, int]
    names: dict[str, dict[str, tuple[str, dict[str, str]]]]

    def intervals(
        self,
        groups: dict[int, int],
        span: tuple[datetime, datetime],
        grain_us: int,
        now: datetime,
    ) -> list[Interval]:
        """What is visible at `now` in [start, end) of `span`, by group and interval, in order.

        `groups` maps the id of each series to the group it is added to.
        """
        if not groups:
            return []
        cursor = self.connection.cursor()
        try:
            rows = cursor.execute(
                _TOTALS,
                {
                    "series": list(groups.keys()),
                    "groups": list(groups.values()),
                    "first": span[0].replace(tzinfo=None),
                    "last": span[1].replace(tzinfo=None),
                    "grain_us": grain_us,
                    "now": now.replace(tzinfo=None),
                },
            ).fetchall()
        finally:
            cursor.close()
        return list(map(Interval._make, rows))


def load_metric_points(workspace: Workspace, folder: Path, problems: Problems) -> MetricPoints:
    """Load `metrics/` of `workspace` into a new DuckDB file in `folder`.

    Every line left out is added to `problems`.
    """
    connection = duckdb.connect(folder / "metrics.duckdb")
    connection.execute("set timezone = 'UTC'")
    connection.execute(
        "create table points (series_id integer, time timestamp, total double, "
        "available_at timestamp, file integer, line integer)"
    )
    points = MetricPoints(connection, {}, _documented_names())
    for number, file in enumerate(json_line_files(workspace.folder / "metrics")):
        load_lines(connection, workspace, file, _NAMES, problems)
        _insert(points, number, recorded_name(workspace, file), problems)
    for table in ("lines", "checked"):
        connection.execute(f"drop table if exists {table}")
    return points


def _documented_names() -> dict[str, dict[str, tuple[str, dict[str, str]]]]:
    return {
        namespace.lower(): {
            metric.lower(): (metric, {name.lower(): name for name in dimensions})
            for metric, dimensions in metrics.items()
        }
        for namespace, metrics in DIMENSIONS.items()
    }


def _insert(points: MetricPoints, number: int, name: str, problems: Problems) -> None:
    """Move the good rows of `lines` to `points`; `number` orders the files."""
    connection = points.connection
    connection.execute(_CHECKED)
    wrong = connection.execute("select line, wrong from checked where wrong != '' order by line")
    for line, columns in wrong.fetchall():
        problems.add(Problem(name, line, f"left out, because not as documented: {columns}"))
    recorded = connection.execute(_SERIES).fetchall()
    if not recorded:
        return
    ids = [
        _series_id(points, (resource_id, namespace, metric), _dimensions(text))
        for resource_id, namespace, metric, text in recorded
    ]
    resources, namespaces, metrics, texts = map(list, zip(*recorded, strict=True))
    connection.execute(
        _INSERT,
        {
            "file": number,
            "ids": ids,
            "resources": resources,
            "namespaces": namespaces,
            "metrics": metrics,
            "dimensions": texts,
        },
    )


def _dimensions(text: str) -> dict[str, str]:
    """The dimensions by the name they are recorded with; what is no text is its JSON."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in json.loads(text).items()
        if value is not None
    }


def _series_id(
    points: MetricPoints, recorded: tuple[str, str, str], dimensions: dict[str, str]
) -> int:
    """The id of a series, a new one where needed; its names become known."""
    resource_id, namespace, metric = recorded
    metrics = points.names.setdefault(namespace.lower(), {})
    _, known = metrics.setdefault(metric.lower(), (metric, {}))
    for name in dimensions:
        known.setdefault(name.lower(), name)
    members: Iterable[tuple[str, str]] = ((name.lower(), dimensions[name]) for name in dimensions)
    series = Series(resource_id.lower(), namespace.lower(), metric.lower(), tuple(sorted(members)))
    return points.series.setdefault(series, len(points.series))
