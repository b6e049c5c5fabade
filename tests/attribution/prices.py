"""List prices by model and day, for scores: floats, because errors are measured, not money."""

import numpy as np
import pyarrow as pa
from attribution.runs import Floats

CLASSES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
"""Token classes, in the order of all arrays of prices."""

_USD_PER_MILLION = {
    "claude-fable-5-1": (10, 50, 0.25, 12.5, 20),
    "claude-opus-5-5": (4, 20, 0.2, 5, 8),
    "claude-opus-5": (5, 25, 0.5, 6.25, 10),
    "claude-opus-4-8": (5, 25, 0.5, 6.25, 10),
    "claude-sonnet-5-5": (2, 10, 0.1, 2.5, 4),
    "claude-sonnet-5": (2, 10, 0.2, 2.5, 4),
    "claude-sonnet-4-6": (3, 15, 0.3, 3.75, 6),
    "claude-haiku-4-5": (1, 5, 0.1, 1.25, 2),
}
_CHANGED = {"claude-sonnet-5-5": (np.datetime64("2026-10-07"), "cache_read", 0.2)}
"""Until when another price held, of which class, and which."""


def usd_per_token(models: pa.ChunkedArray, times: pa.ChunkedArray) -> Floats:
    """Return the list prices of rows: rows x `CLASSES`, in USD.

    Raises KeyError for a model without a price.
    """
    coded = models.combine_chunks().dictionary_encode()
    of_model = np.array([_USD_PER_MILLION[name] for name in coded.dictionary.to_pylist()])
    code = coded.indices.to_numpy()
    prices: Floats = of_model.reshape(-1, len(CLASSES))[code] / 1_000_000
    when = times.to_numpy()
    for model, (until, name, price) in _CHANGED.items():
        names = coded.dictionary.to_pylist()
        if model in names:
            earlier = (code == names.index(model)) & (when < until)
            prices[earlier, CLASSES.index(name)] = price / 1_000_000
    return prices
