"""The requests that reached a model, as columns of numbers."""

from dataclasses import dataclass, fields

import numpy as np

from models.calibration.arrays import Bools, Floats, Ints

MOST_PROMPT_TOKENS = 1_000_000
"""The largest context window of a Claude model."""


@dataclass(frozen=True)
class Traffic:
    """One position per request, in order of conversation and start.

    Times are microseconds. Caller, client, model and deployment are ids of at least 0.
    `conversation` is the session where the client names one, else all that one caller's client
    asks one deployment. Tokens are -1 where nothing tells them; `told_*` come from a source that
    counted this very request. `size_bytes` is 0 where the log does not tell.
    """

    started_us: Ints
    counted_us: Ints
    ended_us: Ints
    caller: Ints
    client: Ints
    model: Ints
    deployment: Ints
    conversation: Ints
    size_bytes: Ints
    input_tokens: Ints
    output_tokens: Ints
    told_read_tokens: Ints
    told_write_5m_tokens: Ints
    told_write_1h_tokens: Ints
    reads_group: Ints
    """Requests of one caller and minute of which a source counted the reads together; -1 for none.

    `group_requests` is how many they are, `group_read_tokens` what they read.
    """
    group_requests: Ints
    group_read_tokens: Ints

    def __len__(self) -> int:
        return len(self.started_us)

    def chosen(self, rows: Ints | Bools) -> "Traffic":
        """Return some of the requests, in the order asked for."""
        return Traffic(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def filled_sizes(traffic: Traffic) -> Floats:
    """Return every request's bytes; where the log is silent, those of the request before it.

    Without any before it in the conversation the client's middle size is taken.
    """
    size = traffic.size_bytes.astype(np.float64)
    silent = size <= 0
    if not silent.any() or silent.all():
        return np.maximum(size, 0)
    place = np.where(silent, -1, np.arange(len(size)))
    last = np.maximum.accumulate(place)
    usable = last >= 0
    usable[usable] = traffic.conversation[last[usable]] == traffic.conversation[usable]
    for client in np.unique(traffic.client[silent]):
        told = ~silent & (traffic.client == client)
        middle = np.median(size[told]) if told.any() else np.median(size[~silent])
        size[silent & (traffic.client == client)] = middle
    before = silent & usable
    size[before] = traffic.size_bytes[last[before]]
    return size
