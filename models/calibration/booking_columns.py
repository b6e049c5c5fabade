"""Booked stretches as columns for the ledger: one table of requests, one of cells."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from models.calibration.arrays import Floats, Ints
from models.calibration.balance import CLASSES
from models.calibration.booking import DAY_US, Booked

_KINDS = ("read", "write_5m", "write_1h")
_TOKENS = ("cache_read_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens")
_COVARIANCES = {
    "read_variance": (0, 0),
    "write_5m_variance": (1, 1),
    "write_1h_variance": (2, 2),
    "read_write_5m_covariance": (0, 1),
    "read_write_1h_covariance": (0, 2),
    "writes_covariance": (1, 2),
}
_CELL_COUNTS = {
    "minutes": "minutes",
    "logged_requests": "logged",
    "unmetered_requests": "unmetered",
    "platform_requests": "requests",
    "platform_input_tokens": "input_tokens",
    "platform_output_tokens": "output_tokens",
}

_BESIDE = ("requests", "input_tokens", "output_tokens")


def request_columns(stretches: Sequence[Booked]) -> pa.Table:
    """Return a row per booked request; `row_number` is its place."""

    def joined(values: list[Ints] | list[Floats]) -> Ints | Floats:
        return np.concatenate([np.zeros(0, dtype=np.int64), *values])

    columns = {
        name: joined([getattr(one, attribute) for one in stretches])
        for name, attribute in (
            ("row_number", "place"),
            ("deployment", "deployment"),
            ("evidence", "evidence"),
            ("input_tokens", "input_tokens"),
            ("output_tokens", "output_tokens"),
            ("most_input_tokens", "most_input_tokens"),
            ("most_output_tokens", "most_output_tokens"),
        )
    }
    for kind, name in enumerate(_TOKENS):
        columns[name] = joined([one.cache_tokens[:, kind] for one in stretches])
    columns["stretch_us"] = joined([_stretch(one, len(one.place)) for one in stretches])
    table = pa.table({name: values.astype(np.int64) for name, values in columns.items()})
    # Single precision is enough for what is itself an estimate.
    for name, (one, other) in _COVARIANCES.items():
        values = joined([booked.doubt[:, one, other] for booked in stretches])
        table = table.append_column(name, pa.array(values.astype(np.float32)))
    return table


def cell_columns(stretches: Sequence[Booked]) -> pa.Table:
    """Return a row per cell of the stretches themselves."""
    return pa.concat_tables([_no_cells(), *(_cells(one) for one in stretches)])


def _no_cells() -> pa.Table:
    tokens = [f"{side}_{kind}_tokens" for kind in _KINDS for side in ("outside", "pool")]
    whole = [
        *("usage_day_us", "deployment", "first_minute_us", "stretch_us"),
        *_CELL_COUNTS,
        *(f"platform_{name}" for name in _TOKENS),
        *tokens,
        *(f"outside_{name}" for name in _BESIDE),
    ]
    fields = [*((name, pa.int64()) for name in whole), ("outside_deviation_tokens", pa.float64())]
    return pa.schema([*fields, ("is_short", pa.bool_())]).empty_table()


def _stretch(booked: Booked, count: int) -> Ints:
    return np.full(count, booked.stretch.starts_us)


def _cells(booked: Booked) -> pa.Table:
    found = booked.cells
    own, held = found.is_own, found.cells
    columns = {
        "usage_day_us": held.first_minute_us // DAY_US * DAY_US,
        "deployment": held.deployment,
        "first_minute_us": held.first_minute_us,
        "stretch_us": _stretch(booked, len(held)),
    }
    columns |= {name: getattr(held, attribute) for name, attribute in _CELL_COUNTS.items()}
    for kind in range(CLASSES):
        columns[f"platform_{_TOKENS[kind]}"] = held.cache_tokens[:, kind]
        columns[f"outside_{_KINDS[kind]}_tokens"] = found.outside[:, kind]
        columns[f"pool_{_KINDS[kind]}_tokens"] = found.pool[:, kind]
    for name in _BESIDE:
        columns[f"outside_{name}"] = getattr(found, f"outside_{name}")
    shown = {name: pa.array(values[own].astype(np.int64)) for name, values in columns.items()}
    deviation = np.sqrt(np.maximum(found.outside_doubt, 0)).sum(axis=1)[own]
    shown |= {"outside_deviation_tokens": pa.array(deviation)}
    shown |= {"is_short": pa.array(held.is_short[own])}
    schema = _no_cells().schema
    return pa.table([shown[name] for name in schema.names], schema=schema)
