"""Points of platform metrics: series, minutes, values, and when each became readable."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ingest.sandbox.generator.arrays import Bools, Floats, Ints
from ingest.sandbox.generator.catalog import DAY_MS, utc_text
from ingest.sandbox.generator.recording import write_lines

MINUTE_MS = 60_000
_READABLE_AFTER_MS = 3 * MINUTE_MS
_CORRECTED_SHARE = 0.003


@dataclass(frozen=True)
class Points:
    """Points as columns; `series` is a position in `heads`, the start of each series' lines."""

    heads: Sequence[str]
    series: Ints
    time_ms: Ints
    total: NDArray[np.int64] | Floats
    available_ms: Ints


def series_head(
    resource_id: str, namespace: str, metric: str, dimensions: Mapping[str, str]
) -> str:
    """Return the JSON line of a point up to its time."""
    head = json.dumps(
        {
            "resource_id": resource_id,
            "namespace": namespace,
            "metric": metric,
            "time_grain": "PT1M",
            "dimensions": dimensions,
        },
        separators=(",", ":"),
    )
    return f'{head[:-1]},"time":"'


def available_ms(rng: np.random.Generator, time_ms: Ints) -> Ints:
    """Return when points can be read: three to four minutes after their minute began."""
    return time_ms + _READABLE_AFTER_MS + rng.integers(0, 60, len(time_ms)) * 1000


def with_first_values(rng: np.random.Generator, points: Points) -> Points:
    """Add too low first values to a few points; the true ones become readable much later."""
    correctable = np.flatnonzero(points.total >= 2)
    count = min(len(correctable), max(3, round(_CORRECTED_SHARE * len(correctable))))
    chosen = np.sort(rng.choice(correctable, size=count, replace=False))
    low = np.maximum(points.total[chosen] * rng.uniform(0.2, 0.9, count), 1).astype(np.int64)
    later_ms = points.available_ms.copy()
    later_ms[chosen] += rng.integers(8 * 60, 50 * 60, count) * 1000
    # The first values come last: neither a file's order nor its last line tells which holds.
    return Points(
        heads=points.heads,
        series=np.concatenate([points.series, points.series[chosen]]),
        time_ms=np.concatenate([points.time_ms, points.time_ms[chosen]]),
        total=np.concatenate([points.total, low]),
        available_ms=np.concatenate([later_ms, points.available_ms[chosen]]),
    )


def chosen_points(points: Points, chosen: Bools) -> Points:
    """Return the chosen points alone."""
    return Points(
        heads=points.heads,
        series=points.series[chosen],
        time_ms=points.time_ms[chosen],
        total=points.total[chosen],
        available_ms=points.available_ms[chosen],
    )


def write_points(folder: Path, groups: Sequence[Points], starts_ms: int) -> None:
    """Write one file of lines per day, from the day of `starts_ms` on."""
    day = [(points.time_ms - starts_ms) // DAY_MS for points in groups]
    lines = [np.array(_lines(points), dtype=object) for points in groups]
    last = max(int(days.max(initial=-1)) for days in day)
    for number in range(last + 1):
        parts = [texts[days == number] for texts, days in zip(lines, day, strict=True)]
        if any(len(part) for part in parts):
            name = f"{utc_text(starts_ms + number * DAY_MS)[:10]}.jsonl.gz"
            write_lines(folder / name, np.concatenate(parts).tolist())


def _lines(points: Points) -> list[str]:
    heads = points.heads
    rows = zip(
        points.series.tolist(),
        _seconds(points.time_ms),
        points.total.tolist(),
        _seconds(points.available_ms),
        strict=True,
    )
    return [
        f'{heads[series]}{time}Z","total":{total},"available_at":"{available}Z"}}'
        for series, time, total, available in rows
    ]


def _seconds(times_ms: Ints) -> list[str]:
    texts: list[str] = np.datetime_as_string(times_ms.astype("datetime64[ms]"), unit="s").tolist()
    return texts
