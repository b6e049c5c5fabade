"""What is known of how bytes make tokens, and of the requests it is learned from."""

from dataclasses import dataclass

import numpy as np

from models.calibration.arrays import Floats, Ints, sums
from models.calibration.cells import Cells
from models.calibration.steps import Steps, along
from models.calibration.traffic import Traffic

OUTSIDE_TOKENS = 15_000.0
FIRST_TEXT_SHARES = (0.7, 0.8, 0.9)
_FIRST_NOISE = 0.1
_FEWEST_CELLS = 50


@dataclass(frozen=True)
class PromptSizes:
    """What is known of bytes and tokens. Arrays over groups (model x client) and callers, by id.

    `group_of` numbers the groups: models x clients, -1 where none was seen.
    """

    group_of: Ints
    overhead_tokens: Floats
    tokens_per_byte: Floats
    usual_tokens_per_byte: float
    of_caller: Floats
    """What a caller's text differs from the usual, as a share of the usual tokens per byte."""
    outside_tokens: Floats
    """By deployment: the prompt of a request that did not pass the gateway."""
    text_share: Floats
    """By chapter: how much of a large step's bytes is text."""
    noise: float
    """Deviation of a prompt from what its bytes say, as a share of it."""


@dataclass(frozen=True)
class Seen:
    """What is known of requests and of the cells they are in."""

    traffic: Traffic
    step: Steps
    size_bytes: Floats
    cells: Cells


def nothing_known(seen: Seen) -> PromptSizes:
    """Start from the middle cell's tokens per byte, among cells without anything odd."""
    step, size_bytes, cells = seen.step, seen.size_bytes, seen.cells
    count, cell = len(cells), cells.of_request
    prompts_tokens = (cells.input_tokens + cells.cache_tokens.sum(axis=1)).astype(np.float64)
    in_bytes = sums(cell, size_bytes, count)
    rows, _ = along(step.previous, step.is_large, most=1)
    odd = np.zeros(count, dtype=np.bool_)
    odd[cell[rows]] = True
    usable = cells.is_measured & (in_bytes > 0) & (prompts_tokens > 0)
    clean = usable & ~odd & (cells.surplus_requests == 0)
    if clean.sum() < _FEWEST_CELLS:
        clean = usable
    ratio, weight = prompts_tokens[clean] / in_bytes[clean], in_bytes[clean]
    order = np.argsort(ratio)
    heavier = np.cumsum(weight[order])
    middle = ratio[order][np.searchsorted(heavier, heavier[-1] / 2)] if clean.any() else 0.25
    return PromptSizes(
        group_of=np.full((1, 1), -1, dtype=np.int64),
        overhead_tokens=np.zeros(0),
        tokens_per_byte=np.zeros(0),
        usual_tokens_per_byte=float(middle),
        of_caller=np.zeros(0),
        outside_tokens=np.zeros(0),
        text_share=np.array(FIRST_TEXT_SHARES),
        noise=_FIRST_NOISE,
    )


def with_room(sizes: PromptSizes, seen: Seen) -> PromptSizes:
    """Return the same knowledge with a place for every id that occurs."""
    traffic, cells = seen.traffic, seen.cells
    models = max(sizes.group_of.shape[0], int(traffic.model.max(initial=0)) + 1)
    clients = max(sizes.group_of.shape[1], int(traffic.client.max(initial=0)) + 1)
    group_of = np.full((models, clients), -1, dtype=np.int64)
    group_of[: sizes.group_of.shape[0], : sizes.group_of.shape[1]] = sizes.group_of
    occurs = np.zeros((models, clients), dtype=np.bool_)
    occurs[traffic.model, traffic.client] = True
    new = np.argwhere(occurs & (group_of < 0))
    known = len(sizes.overhead_tokens)
    group_of[new[:, 0], new[:, 1]] = known + np.arange(len(new))
    callers = max(0, int(traffic.caller.max(initial=0)) + 1 - len(sizes.of_caller))
    of_cells = int(cells.deployment.max(initial=0)) + 1
    deployments = max(0, of_cells - len(sizes.outside_tokens))
    return PromptSizes(
        group_of=group_of,
        overhead_tokens=np.append(sizes.overhead_tokens, np.zeros(len(new))),
        tokens_per_byte=np.append(
            sizes.tokens_per_byte, np.full(len(new), sizes.usual_tokens_per_byte)
        ),
        usual_tokens_per_byte=sizes.usual_tokens_per_byte,
        of_caller=np.append(sizes.of_caller, np.zeros(callers)),
        outside_tokens=np.append(sizes.outside_tokens, np.full(deployments, OUTSIDE_TOKENS)),
        text_share=sizes.text_share,
        noise=sizes.noise,
    )
