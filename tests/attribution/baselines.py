"""Simple ways to say what each request read from the cache and wrote to it.

Each takes the two tables Azure shows, and returns `request_no` with either the three classes
(`cache_read`, `cache_write_5m`, `cache_write_1h`) or a whole `cost_usd`.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attribution.prices import CLASSES, usd_per_token
from attribution.runs import Floats, Ints, numbered, previous_in_group

CACHE_CLASSES = CLASSES[2:]

_METRICS = (
    "InputTokens",
    "OutputTokens",
    "cacheReadInputTokens",
    "ephemeral5mInputTokens",
    "ephemeral1hInputTokens",
)
_CACHE_METRICS = _METRICS[2:]
_BYTES_PER_TOKEN = 4
_SESSION_SECONDS = 300
_MINUTE = np.timedelta64(60, "s")


def log_only(requests: pa.Table, points: pa.Table) -> pa.Table:
    """The log alone: no cache tokens at all."""
    del points
    return _estimate(requests, np.zeros((len(requests), 3)))


def scaled_to_invoice(requests: pa.Table, points: pa.Table) -> pa.Table:
    """Each request's share of the log's cost, of all that was invoiced."""
    prices = usd_per_token(requests["model"], requests["started_at"])
    logged = np.column_stack((_known(requests, "input_tokens"), _known(requests, "output_tokens")))
    cost = (logged * prices[:, :2]).sum(axis=1)
    return pa.table(
        {
            "request_no": requests["request_no"],
            "cost_usd": cost * (_invoice_usd(requests, points) / cost.sum()),
        }
    )


def pool_by_input(requests: pa.Table, points: pa.Table) -> pa.Table:
    """The metrics of each deployment over the whole period, by uncached tokens."""
    return _shared_pools(requests, points, _known(requests, "input_tokens"))


def pool_by_size(requests: pa.Table, points: pa.Table) -> pa.Table:
    """The metrics of each deployment over the whole period, by request size."""
    return _shared_pools(requests, points, _known(requests, "request_bytes"))


def by_session(requests: pa.Table, points: pa.Table) -> pa.Table:
    """What the session's request before sent is read, what was added written.

    A session is what a caller sends to a deployment with at most five minutes in between; sizes
    count as four bytes a token, and each minute of a deployment is scaled to its metrics.
    """
    size = _known(requests, "request_bytes")
    deployment = _whole(requests["deployment"])
    session = _whole(pc.fill_null(requests["session"], -1)) + 1
    previous = previous_in_group(numbered(_whole(requests["caller"]), deployment, session))
    started = requests["started_at"].to_numpy()
    recent = started - started[previous] < np.timedelta64(_SESSION_SECONDS, "s")
    read = np.where((previous >= 0) & recent, np.minimum(size[previous], size), 0)
    weights = np.column_stack((read, size - read, size - read)) / _BYTES_PER_TOKEN
    return _estimate(requests, _scaled_by_minute(requests, points, weights, size))


BASELINES: dict[str, Callable[[pa.Table, pa.Table], pa.Table]] = {
    "log only": log_only,
    "log scaled to invoice": scaled_to_invoice,
    "pool by uncached tokens": pool_by_input,
    "pool by request size": pool_by_size,
    "by session": by_session,
}


def _estimate(requests: pa.Table, tokens: Floats) -> pa.Table:
    columns = {name: tokens[:, number] for number, name in enumerate(CACHE_CLASSES)}
    return pa.table({"request_no": requests["request_no"], **columns})


def _known(requests: pa.Table, name: str) -> Floats:
    """A column in which what is not known counts nothing."""
    known: Floats = pc.fill_null(requests[name], 0).to_numpy().astype(np.float64)
    return known


def _whole(column: pa.ChunkedArray) -> Ints:
    whole: Ints = column.to_numpy().astype(np.int64)
    return whole


def _invoice_usd(requests: pa.Table, points: pa.Table) -> float:
    """List cost of all that the metrics counted on deployments that the gateway serves."""
    models = dict(
        zip(requests["deployment"].to_pylist(), requests["model"].to_pylist(), strict=True)
    )
    served = points.filter(
        pc.and_(
            pc.is_in(points["deployment"], pa.array(sorted(models), pa.int16())),
            pc.is_in(points["metric"], pa.array(_METRICS)),
        )
    )
    names = pa.chunked_array(
        [pa.array([models[number] for number in served["deployment"].to_pylist()])]
    )
    prices = usd_per_token(names, served["minute"])
    metric = _whole(pc.index_in(served["metric"], pa.array(_METRICS)))
    return float((prices[np.arange(len(served)), metric] * served["value"].to_numpy()).sum())


def _shared_pools(requests: pa.Table, points: pa.Table, weight: Floats) -> pa.Table:
    deployment = _whole(requests["deployment"])
    number = int(max(deployment.max(), _whole(points["deployment"]).max())) + 1
    total = np.bincount(deployment, weight, number)[deployment]
    share = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    pools = np.zeros((number, 3))
    for column, metric in enumerate(_CACHE_METRICS):
        of_metric = points.filter(pc.equal(points["metric"], metric))
        pools[:, column] = np.bincount(
            _whole(of_metric["deployment"]), of_metric["value"].to_numpy(), number
        )
    return _estimate(requests, share[:, None] * pools[deployment])


def _scaled_by_minute(
    requests: pa.Table, points: pa.Table, weights: Floats, size: Floats
) -> Floats:
    """`weights` times what brings their sums to the metrics, where anything started at all."""
    minute = _minutes(requests["started_at"])
    least = min(int(minute.min()), int(_minutes(points["minute"]).min()))
    number = int(max(_whole(requests["deployment"]).max(), _whole(points["deployment"]).max())) + 1
    cells, cell = np.unique(
        (minute - least) * number + _whole(requests["deployment"]), return_inverse=True
    )
    scaled = np.zeros_like(weights)
    for column, metric in enumerate(_CACHE_METRICS):
        of_metric = points.filter(pc.equal(points["metric"], metric))
        asked = (_minutes(of_metric["minute"]) - least) * number + _whole(of_metric["deployment"])
        place = np.minimum(np.searchsorted(cells, asked), len(cells) - 1)
        found = cells[place] == asked
        pool = np.bincount(place[found], of_metric["value"].to_numpy()[found], len(cells))[cell]
        weight = weights[:, column]
        nothing = np.bincount(cell, weight, len(cells))[cell] == 0
        weight = np.where(nothing, size, weight)
        total = np.bincount(cell, weight, len(cells))[cell]
        scaled[:, column] = np.divide(
            pool * weight, total, out=np.zeros_like(weight), where=total > 0
        )
    return scaled


def _minutes(times: pa.ChunkedArray) -> Ints:
    minutes: Ints = (times.to_numpy() - np.datetime64(0, "us")) // _MINUTE
    return minutes
