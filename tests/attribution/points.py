"""What the model service's own metrics say: sums per deployment and minute, at times damaged."""

import numpy as np
import pyarrow as pa
from attribution.runs import Flags, Ints, numbered
from attribution.traffic import Traffic

MINUTE = 60_000_000
METRICS = {
    "InputTokens": "input",
    "OutputTokens": "output",
    "cacheReadInputTokens": "cache_read",
    "ephemeral5mInputTokens": "cache_write_5m",
    "ephemeral1hInputTokens": "cache_write_1h",
}
"""Azure's name of each token metric, and the class of tokens it counts."""
REQUESTS = "ModelRequests"
SCHEMA = pa.schema(
    [
        ("deployment", pa.int16()),
        ("minute", pa.timestamp("us")),
        ("metric", pa.string()),
        ("status", pa.string()),
        ("value", pa.int64()),
    ]
)

_LATE_SHARE = 0.05
_MOST_OFFSET_SECONDS = 40


def sums_by_minute(
    traffic: Traffic, chosen: Flags, offset: int = 0
) -> tuple[Ints, Ints, dict[str, Ints]]:
    """Return deployments, minutes and sums per class and of `requests`, a row per cell with any.

    A request counts in the minute in which it was answered, by a clock that is `offset`
    microseconds ahead.
    """
    deployment = traffic.deployment[chosen]
    minute = (traffic.end[chosen] + offset) // MINUTE
    least = int(minute.min(initial=0))
    cell = numbered(deployment, minute - least)
    _, first = np.unique(cell, return_index=True)
    sums = {
        name: np.bincount(cell, getattr(traffic, name)[chosen], len(first)).astype(np.int64)
        for name in METRICS.values()
    }
    sums["requests"] = np.bincount(cell, minlength=len(first))
    return deployment[first], minute[first], sums


def draw_points(
    random: np.random.Generator, traffic: Traffic, midnight: np.datetime64, *, damaged: bool
) -> pa.Table:
    """Return the metric points, by minute; `damaged` as a service with late metrics has them."""
    offset = 0
    if damaged:
        offset = round(random.uniform(-_MOST_OFFSET_SECONDS, _MOST_OFFSET_SECONDS) * 1_000_000)
    everything = np.ones(len(traffic.start), dtype=bool)
    deployment, minute, sums = sums_by_minute(traffic, everything, offset)
    tables = [
        _points(deployment, minute, name, None, sums[of], midnight) for name, of in METRICS.items()
    ]
    tables.append(_points(deployment, minute, REQUESTS, "200", sums["requests"], midnight))
    refused, at, statuses = traffic.failed
    for status in np.unique(statuses).tolist():
        of_status = statuses == status
        cells, number = np.unique(
            np.stack((refused[of_status], (at[of_status] + offset) // MINUTE)),
            axis=1,
            return_counts=True,
        )
        tables.append(_points(cells[0], cells[1], REQUESTS, str(status), number, midnight))
    table = pa.concat_tables(tables)
    if damaged:
        table = _disturbed(random, table)
    return table.sort_by([(name, "ascending") for name in ("minute", "deployment", "metric")])


def _points(
    deployment: Ints,
    minute: Ints,
    metric: str,
    status: str | None,
    value: Ints,
    midnight: np.datetime64,
) -> pa.Table:
    """A zero has no point."""
    some = value > 0
    number = int(some.sum())
    return pa.table(
        [
            deployment[some].astype(np.int16),
            midnight + (minute[some] * MINUTE).astype("timedelta64[us]"),
            pa.repeat(metric, number),
            pa.nulls(number, pa.string()) if status is None else pa.repeat(status, number),
            value[some],
        ],
        schema=SCHEMA,
    )


def _disturbed(random: np.random.Generator, table: pa.Table) -> pa.Table:
    """Drop some minutes of deployments, count some a minute late, and swap some with the next."""
    minute = table["minute"].to_numpy().astype("datetime64[m]").astype(np.int64)
    least = int(minute.min(initial=0))
    deployment = table["deployment"].to_numpy().astype(np.int64)
    many = int(minute.max(initial=0)) - least + 2
    fate = random.random((int(deployment.max(initial=0)) + 1, many))
    here = fate[deployment, minute - least]
    before = fate[deployment, np.maximum(minute - least - 1, 0)]
    late = (here >= _LATE_SHARE) & (here < 2 * _LATE_SHARE)
    # Half of the late minutes change places with the next one, the other half joins it.
    back = (before >= _LATE_SHARE) & (before < 1.5 * _LATE_SHARE) & ~late
    minute = np.where(late, minute + 1, np.where(back, minute - 1, minute))
    moved = table.set_column(
        1, "minute", pa.array(minute.astype("datetime64[m]").astype("datetime64[us]"))
    )
    kept = moved.filter(pa.array(here >= _LATE_SHARE))
    # In one thread, because the order of the groups is drawn from later.
    summed = kept.group_by(
        ["deployment", "minute", "metric", "status"], use_threads=False
    ).aggregate([("value", "sum")])
    return summed.rename_columns({"value_sum": "value"}).select(SCHEMA.names).cast(SCHEMA)
