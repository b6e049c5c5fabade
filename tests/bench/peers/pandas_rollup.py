"""pandas: price and roll up by category codes, in whole numbers of 1e-12 USD.

Run by the peers' Python as `pandas_rollup.py REQUESTS PRICES OUT`.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

CLASSES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")


def main(requests: str, prices: str, out: str) -> None:
    began = time.perf_counter()
    frame = rolled_up(requests, prices)
    seconds = time.perf_counter() - began
    frame.to_parquet(out, index=False)
    print(json.dumps({"seconds": seconds, "version": pd.__version__}))


def rolled_up(requests: str, prices: str) -> pd.DataFrame:
    # Dictionary pages become categories, so that no Python string is made per row.
    table = pq.read_table(requests, read_dictionary=["caller", "model"])
    frame = table.unify_dictionaries().to_pandas(self_destruct=True)
    book = pq.read_table(prices).to_pandas()
    columns = [f"{name}_tokens" for name in CLASSES]
    tokens = {column: frame[column].to_numpy() for column in columns}
    frame["list_cost_pico_usd"] = _costs(frame, book, tokens)
    caller, model = frame["caller"].cat, frame["model"].cat
    day = frame["usage_time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    first_day, models = int(day.min()), len(model.categories)
    days = int(day.max()) - first_day + 1
    # One key of 64 bits groups faster than three columns.
    key = caller.codes.to_numpy().astype(np.int64) * models + model.codes.to_numpy()
    frame["key"] = key * days + (day - first_day)
    grouped = frame.groupby("key", sort=False)
    result = grouped[[*columns, "list_cost_pico_usd"]].sum()
    result["requests"] = grouped.size()
    rest, result_day = np.divmod(result.index.to_numpy(), days)
    result_caller, result_model = np.divmod(rest, models)
    result["day"] = (result_day + first_day).astype("datetime64[D]").astype("datetime64[s]")
    result["caller"] = pd.Categorical.from_codes(result_caller, caller.categories)
    result["model"] = pd.Categorical.from_codes(result_model, model.categories)
    return result.reset_index(drop=True)


def _costs(frame: pd.DataFrame, book: pd.DataFrame, tokens: dict[str, np.ndarray]) -> np.ndarray:
    """Return what each request costs in 1e-12 USD: every list price is a whole number of those."""
    prompt = sum(values for column, values in tokens.items() if column != "output_tokens")
    times, models = frame["usage_time"].to_numpy(), frame["model"].cat
    costs = np.zeros(len(frame), dtype=np.int64)
    for price in book.itertuples():
        if price.model not in models.categories:
            continue
        chosen = np.flatnonzero(
            (models.codes.to_numpy() == models.categories.get_loc(price.model))
            & (price.valid_from.to_datetime64() <= times)
            & (times < price.valid_to.to_datetime64())
            & (price.prompt_over_tokens < prompt)
            & (prompt <= price.prompt_up_to_tokens)
        )
        for name in CLASSES:
            pico = int(getattr(price, f"{name}_usd").scaleb(12))
            costs[chosen] += tokens[f"{name}_tokens"][chosen].astype(np.int64) * pico
    return costs


if __name__ == "__main__":
    main(*sys.argv[1:])
