"""Polars: price and roll up lazily, on its streaming engine, in whole numbers of 1e-12 USD.

Run by the peers' Python as `polars_rollup.py REQUESTS PRICES OUT`.
"""

import json
import sys
import time

import polars as pl

CLASSES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


def main(requests: str, prices: str, out: str) -> None:
    began = time.perf_counter()
    frame = rolled_up(requests, prices)
    seconds = time.perf_counter() - began
    frame.write_parquet(out)
    print(json.dumps({"seconds": seconds, "version": pl.__version__}))


def rolled_up(requests: str, prices: str) -> pl.DataFrame:
    # Every list price is a whole number of 1e-12 USD, and a sum of them fits 64 bits.
    book = pl.scan_parquet(prices).with_columns(
        (pl.col(f"{name}_usd") * 10**12).cast(pl.Int64).alias(f"{name}_pico") for name in CLASSES
    )
    prompt = pl.sum_horizontal(f"{name}_tokens" for name in CLASSES if name != "output")
    cost = pl.sum_horizontal(
        pl.col(f"{name}_tokens").cast(pl.Int64) * pl.col(f"{name}_pico") for name in CLASSES
    )
    return (
        pl.scan_parquet(requests)
        .with_columns(prompt.alias("prompt_tokens"))
        .join(book, on="model")
        .filter(
            pl.col("valid_from") <= pl.col("usage_time"),
            pl.col("usage_time") < pl.col("valid_to"),
            pl.col("prompt_over_tokens") < pl.col("prompt_tokens"),
            pl.col("prompt_tokens") <= pl.col("prompt_up_to_tokens"),
        )
        .group_by("caller", "model", pl.col("usage_time").dt.date().alias("day"))
        .agg(
            pl.len().cast(pl.Int64).alias("requests"),
            *(pl.col(f"{name}_tokens").cast(pl.Int64).sum() for name in CLASSES),
            cost.sum().alias("list_cost_pico_usd"),
        )
        .collect(engine="streaming")
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
