"""Drawn tenants of the accuracy benchmark, as the columns that the calibration takes."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from attribution.recipes import RECIPES
from attribution.runs import numbered
from attribution.tenant import Tenant, draw_tenant

from models.calibration.arrays import Ints
from models.calibration.cells import Cells, cells
from models.calibration.platform import PlatformMinutes, clock_reading
from models.calibration.traffic import Traffic

METRICS = {
    "requests": "ModelRequests",
    "input_tokens": "InputTokens",
    "output_tokens": "OutputTokens",
    "cache_read_tokens": "cacheReadInputTokens",
    "cache_write_5m_tokens": "ephemeral5mInputTokens",
    "cache_write_1h_tokens": "ephemeral1hInputTokens",
}


@dataclass(frozen=True)
class Drawn:
    """A tenant, its traffic in the calibration's order, and the row of `requests` of each."""

    tenant: Tenant
    traffic: Traffic
    minutes: PlatformMinutes
    row: Ints

    @property
    def cells(self) -> Cells:
        """The cells of log and platform."""
        log = self.traffic
        return cells(
            self.minutes, log.deployment, log.counted_us, log.input_tokens, log.output_tokens
        )

    def of_log(self, tokens: np.ndarray) -> pa.Table:
        """Return estimates in the calibration's order as the table that is scored."""
        columns = np.empty_like(tokens)
        columns[self.row] = tokens
        names = ("cache_read", "cache_write_5m", "cache_write_1h")
        table = {name: columns[:, place] for place, name in enumerate(names)}
        return pa.table({"request_no": np.arange(len(columns), dtype=np.int32), **table})


def drawn(recipe: str, seed: int, **changes: object) -> Drawn:
    """Draw a tenant, with some of its recipe's values changed."""
    tenant = draw_tenant(replace(RECIPES[recipe], **changes), seed)  # type: ignore[arg-type]
    minutes = platform_minutes(tenant.points)
    traffic, row = log_columns(tenant.requests, minutes)
    return Drawn(tenant, traffic, minutes, row)


def platform_minutes(points: pa.Table) -> PlatformMinutes:
    """Return the recorded points as columns, served requests only."""
    metric = np.array(points["metric"].to_pylist())
    status = np.array(points["status"].fill_null("").to_pylist())
    counts = (metric != "ModelRequests") | (status == "200")
    minute = points["minute"].cast(pa.int64()).to_numpy()
    deployment = points["deployment"].cast(pa.int64()).to_numpy()
    place = numbered(deployment, minute)
    first = np.unique(place, return_index=True)[1]
    values = points["value"].to_numpy()
    columns = {
        name: np.bincount(
            place[counts & (metric == azure)],
            weights=values[counts & (metric == azure)],
            minlength=len(first),
        ).astype(np.int64)
        for name, azure in METRICS.items()
    }
    return PlatformMinutes(deployment=deployment[first], minute_us=minute[first], **columns)


def log_columns(requests: pa.Table, minutes: PlatformMinutes) -> tuple[Traffic, Ints]:
    """Return the log as columns in the calibration's order, and each one's row."""

    def whole(name: str, unknown: int = -1) -> Ints:
        return requests[name].cast(pa.int64()).fill_null(unknown).to_numpy()

    def coded(name: str) -> Ints:
        return np.unique(np.array(requests[name].to_pylist()), return_inverse=True)[1]

    started = whole("started_at")
    ended = started + whole("total_time_ms") * 1_000
    caller, client, deployment = whole("caller"), coded("client"), whole("deployment")
    conversation = numbered(caller, client, deployment, whole("session"))
    unknown = np.full(len(started), -1, dtype=np.int64)
    tokens = whole("input_tokens")
    traffic = Traffic(
        started_us=started,
        counted_us=clock_reading(minutes, deployment, started, ended, tokens).of(started, ended),
        ended_us=ended,
        caller=caller,
        client=client,
        model=coded("model"),
        deployment=deployment,
        conversation=conversation,
        size_bytes=whole("request_bytes", 0),
        input_tokens=tokens,
        output_tokens=whole("output_tokens"),
        told_read_tokens=unknown,
        told_write_5m_tokens=unknown,
        told_write_1h_tokens=unknown,
        reads_group=unknown,
        group_requests=0 * unknown,
        group_read_tokens=0 * unknown,
    )
    row = np.lexsort((started, conversation))
    return traffic.chosen(row), row
