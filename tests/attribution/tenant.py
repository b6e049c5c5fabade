"""A tenant with known truth: what Azure shows of it, and beside that what really happened."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from attribution.habits import CLIENTS
from attribution.points import METRICS, MINUTE, draw_points, sums_by_minute
from attribution.recipes import Recipe
from attribution.runs import Ints
from attribution.trace import draw_trace
from attribution.traffic import Traffic, draw_traffic

MIDNIGHT = np.datetime64("2026-10-01T00:00:00", "us")
"""Where every tenant's time begins."""

_REQUESTS = pa.schema(
    [
        ("request_no", pa.int32()),
        ("started_at", pa.timestamp("us")),
        ("total_time_ms", pa.int32()),
        ("caller", pa.int32()),
        ("session", pa.int32()),
        ("client", pa.string()),
        ("deployment", pa.int16()),
        ("model", pa.string()),
        ("request_bytes", pa.int64()),
        ("input_tokens", pa.int32()),
        ("output_tokens", pa.int32()),
    ]
)
_TRUTH = ("cache_read", "cache_write_5m", "cache_write_1h", "input", "output")
_TABLES = ("requests", "points", "truth", "outside_truth")


@dataclass(frozen=True)
class Tenant:
    """Tables of a tenant. An estimator may see the first two.

    `requests`: a row per request through the gateway, by start; times UTC, bytes null when not
    logged, tokens null without a usage row, `input_tokens` past the cache only.
    `points`: a row per deployment, minute, metric and status, never with value 0.
    `truth`: a row per request of `requests`, with its tokens by class and its caller's unit.
    `outside_truth`: a row per deployment and minute in which requests that did not pass the
    gateway were answered, with their number and tokens by class.
    """

    recipe: Recipe
    seed: int
    requests: pa.Table
    points: pa.Table
    truth: pa.Table
    outside_truth: pa.Table


def draw_tenant(recipe: Recipe, seed: int) -> Tenant:
    """Draw the tenant of `recipe` and `seed`: always the same one.

    Raises FileNotFoundError for a recipe from a trace whose file is absent.
    """
    random = np.random.default_rng([crc32(recipe.name.encode()), seed])
    of_traffic, of_points, of_log = random.spawn(3)
    traffic = (draw_trace if recipe.from_trace else draw_traffic)(recipe, of_traffic)
    points = draw_points(of_points, traffic, MIDNIGHT, damaged=recipe.late_metrics)
    inside = np.flatnonzero(~traffic.is_outside)
    return Tenant(
        recipe=recipe,
        seed=seed,
        requests=_requests(of_log, traffic, inside, recipe.missing_size_share),
        points=points,
        truth=_truth(traffic, inside),
        outside_truth=_outside(traffic),
    )


def _requests(
    random: np.random.Generator, traffic: Traffic, inside: Ints, missing_size_share: float
) -> pa.Table:
    number = len(inside)
    chance = random.random(number)
    size = np.where(chance < missing_size_share / 2, 0, traffic.request_bytes[inside])
    absent = (chance >= missing_size_share / 2) & (chance < missing_size_share)
    session = traffic.session[inside]
    unmetered = ~traffic.is_metered[inside]
    start = traffic.start[inside]
    deployment = traffic.deployment[inside]
    columns = [
        pa.array(np.arange(number, dtype=np.int32)),
        pa.array(MIDNIGHT + start.astype("timedelta64[us]")),
        pa.array((traffic.end[inside] - start) // 1_000),
        pa.array(traffic.caller[inside]),
        pa.array(session, mask=session < 0),
        pa.array(np.array(CLIENTS)[traffic.client[inside]]),
        pa.array(deployment),
        pa.array(np.array(traffic.models)[deployment]),
        pa.array(size, mask=absent),
        pa.array(traffic.input[inside], mask=unmetered),
        pa.array(traffic.output[inside], mask=unmetered),
    ]
    return pa.table(columns, names=_REQUESTS.names).cast(_REQUESTS)


def _truth(traffic: Traffic, inside: Ints) -> pa.Table:
    columns = {"request_no": np.arange(len(inside), dtype=np.int32)}
    columns |= {name: getattr(traffic, name)[inside] for name in _TRUTH}
    return pa.table(columns | {"unit": traffic.unit[inside].astype(np.int16)})


def _outside(traffic: Traffic) -> pa.Table:
    deployment, minute, sums = sums_by_minute(traffic, traffic.is_outside)
    return pa.table(
        {
            "deployment": deployment.astype(np.int16),
            "minute": MIDNIGHT + (minute * MINUTE).astype("timedelta64[us]"),
            "requests": sums["requests"],
            **{name: sums[name] for name in METRICS.values()},
        }
    )


def write_tenant(tenant: Tenant, folder: Path) -> None:
    """Write a tenant as a Parquet file per table, and `recipe.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _TABLES:
        pq.write_table(getattr(tenant, name), folder / f"{name}.parquet")
    made_of = {"recipe": asdict(tenant.recipe), "seed": tenant.seed}
    (folder / "recipe.json").write_text(json.dumps(made_of, indent=2) + "\n", encoding="utf-8")


def read_tenant(folder: Path) -> Tenant:
    """Read what `write_tenant` wrote."""
    made_of = json.loads((folder / "recipe.json").read_text(encoding="utf-8"))
    tables = {name: pq.read_table(folder / f"{name}.parquet") for name in _TABLES}
    return Tenant(Recipe(**made_of["recipe"]), made_of["seed"], **tables)
