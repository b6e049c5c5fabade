"""How many tokens a prompt has, from its bytes.

Bytes per token differ by model, client and person: languages, code, attachments. All of it is
learned from the totals of cells: uncached input, reads and writes together are whole prompts.
Pictures and documents are bytes without many tokens, and stay in the conversation: what each large
step added beyond text is one more unknown of the same equations.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from models.calibration.arrays import Floats, Ints, sums
from models.calibration.ridge import calmed, solved, usual
from models.calibration.size_knowledge import (
    FIRST_TEXT_SHARES,
    OUTSIDE_TOKENS,
    PromptSizes,
    Seen,
    nothing_known,
    with_room,
)
from models.calibration.steps import Steps, along
from models.calibration.traffic import MOST_PROMPT_TOKENS

CHAPTERS = 3
# What is believed before anything is learned, and how firmly (deviations).
_OVERHEAD_DOUBT_TOKENS = 1_500.0
_GROUP_DOUBT, _CALLER_DOUBT = 0.35, 0.1
_OUTSIDE_DOUBT_TOKENS = 20_000.0
_TEXT_SHARE_DOUBT = 0.5
_LEAST_NOISE, _MOST_NOISE = 0.003, 0.25
_ROUNDS, _EXCESS_ROUNDS = 8, 3


@dataclass(frozen=True)
class Prompts:
    """Per request: its tokens, and tokens per further byte of text."""

    tokens: Floats
    tokens_per_byte: Floats


def learned_sizes(seen: Seen) -> PromptSizes:
    """Learn from a window's cells."""
    sizes = with_room(nothing_known(seen), seen)
    excess = _first_excess(seen.step, sizes)
    for place in range(_ROUNDS):
        sizes, excess = _round(seen, sizes, excess, is_first=place == 0)
    return sizes


def prompts(seen: Seen, sizes: PromptSizes) -> Prompts:
    """Return every prompt's tokens, at least its uncached ones."""
    traffic = seen.traffic
    sizes = with_room(sizes, seen)
    excess = _first_excess(seen.step, sizes)
    if seen.step.is_large.any():
        for _ in range(_EXCESS_ROUNDS):
            _, excess = _round(seen, sizes, excess, is_learning=False)
    text = np.maximum(seen.size_bytes - _carried(seen.step, excess), 1.0)
    group = sizes.group_of[traffic.model, traffic.client]
    per_byte = (
        sizes.tokens_per_byte[group] + sizes.usual_tokens_per_byte * sizes.of_caller[traffic.caller]
    )
    tokens = np.clip(sizes.overhead_tokens[group] + per_byte * text, 1.0, MOST_PROMPT_TOKENS)
    return Prompts(np.maximum(tokens, traffic.input_tokens), per_byte)


def _round(
    seen: Seen,
    sizes: PromptSizes,
    excess: Floats,
    *,
    is_first: bool = False,
    is_learning: bool = True,
) -> tuple[PromptSizes, Floats]:
    """Solve once for everything that is unknown, linear around what is known."""
    step, cells = seen.step, seen.cells
    large = np.flatnonzero(step.is_large)
    rows, marked = along(step.previous, step.is_large)
    text = np.maximum(seen.size_bytes - sums(rows, excess[marked], len(excess)), 1.0)
    matrix, starts = _equations(seen, sizes, text, rows, marked)
    added, chapter = step.bytes_added[large], step.chapter[large]
    now = np.concatenate(
        [
            sizes.overhead_tokens,
            sizes.tokens_per_byte / sizes.usual_tokens_per_byte,
            sizes.of_caller,
            sizes.outside_tokens,
            1 - sizes.text_share,
            excess[large] - (1 - sizes.text_share[chapter]) * added,
        ]
    )
    expected, doubt = _beliefs(sizes, now, is_learning=is_learning)
    expected = np.concatenate([expected, np.zeros(len(large))])
    # As of steps each of which is either text or none.
    mixed = np.sqrt(sizes.text_share * (1 - sizes.text_share))
    doubt = np.concatenate([doubt, mixed[chapter] * added])
    wanted = (cells.input_tokens + cells.cache_tokens.sum(axis=1)).astype(np.float64)
    # What is no text now is not among its bytes, but among the unknowns.
    wanted -= sizes.usual_tokens_per_byte * sums(cells.of_request[rows], excess[marked], len(cells))
    is_used = cells.is_telling
    deviation = np.sqrt(
        sums(cells.of_request, (sizes.noise * sizes.usual_tokens_per_byte * text) ** 2, len(cells))
        + cells.surplus_requests * OUTSIDE_TOKENS**2
        + 100.0**2
    )
    residuals = wanted - matrix @ now
    scale = usual((residuals / deviation)[is_used])
    scale = max(scale, 1.0) if is_first else max(scale, 1e-6)
    weight = calmed(residuals, deviation, is_used)
    found = solved(matrix, wanted, expected, doubt, weight)
    excess = excess.copy()
    no_text = found[starts[4] : starts[5]][chapter] * added + found[starts[5] :]
    excess[large] = np.clip(no_text, 0, 0.999 * added)
    if not is_learning:
        return sizes, excess
    return _updated(sizes, found, starts, 1.0 if is_first else scale), excess


def _equations(
    seen: Seen, sizes: PromptSizes, text: Floats, rows: Ints, marked: Ints
) -> tuple[sparse.csr_array, Ints]:
    """Return one equation per cell, and where each kind of unknown starts.

    Unknown are overheads and tokens per byte of groups, callers' deviations, prompts outside, by
    chapter the share of large steps that is no text, and by how many bytes each step differs from
    it; `rows` and `marked` are as along returns.
    """
    traffic, cells = seen.traffic, seen.cells
    usual_per_byte = sizes.usual_tokens_per_byte
    large = np.flatnonzero(seen.step.is_large)
    number = np.full(len(traffic), -1, dtype=np.int64)
    number[large] = np.arange(len(large))
    group = sizes.group_of[traffic.model, traffic.client]
    groups, callers = len(sizes.overhead_tokens), len(sizes.of_caller)
    deployments = len(sizes.outside_tokens)
    cell, count = cells.of_request, len(cells)
    as_tokens = usual_per_byte * text
    starts = np.cumsum([0, groups, groups, callers, deployments, CHAPTERS])
    matrix = sparse.csr_array(
        (
            np.concatenate(
                [
                    np.ones(len(traffic)),
                    as_tokens,
                    as_tokens,
                    cells.surplus_requests,
                    -usual_per_byte * seen.step.bytes_added[marked],
                    np.full(len(rows), -usual_per_byte),
                ]
            ),
            (
                np.concatenate([cell, cell, cell, np.arange(count), cell[rows], cell[rows]]),
                np.concatenate(
                    [
                        group,
                        starts[1] + group,
                        starts[2] + traffic.caller,
                        starts[3] + cells.deployment,
                        starts[4] + seen.step.chapter[marked],
                        starts[5] + number[marked],
                    ]
                ),
            ),
        ),
        shape=(count, int(starts[5]) + len(large)),
    )
    return matrix, starts


def _updated(sizes: PromptSizes, found: Floats, starts: Ints, scale: float) -> PromptSizes:
    usual_per_byte = sizes.usual_tokens_per_byte
    return PromptSizes(
        group_of=sizes.group_of,
        overhead_tokens=found[: starts[1]],
        tokens_per_byte=usual_per_byte * np.maximum(found[starts[1] : starts[2]], 0.3),
        usual_tokens_per_byte=usual_per_byte,
        of_caller=np.clip(found[starts[2] : starts[3]], -0.5, 0.6),
        outside_tokens=np.maximum(found[starts[3] : starts[4]], 0),
        text_share=np.clip(1 - found[starts[4] : starts[5]], 0.02, 0.98),
        noise=float(np.clip(sizes.noise * np.clip(scale, 0.6, 1.5), _LEAST_NOISE, _MOST_NOISE)),
    )


def _beliefs(sizes: PromptSizes, now: Floats, *, is_learning: bool) -> tuple[Floats, Floats]:
    """Return what is expected of the learned unknowns, and its doubt; none when not learning."""
    groups, callers = len(sizes.overhead_tokens), len(sizes.of_caller)
    deployments = len(sizes.outside_tokens)
    learned = 2 * groups + callers + deployments + CHAPTERS
    if not is_learning:
        return now[:learned], np.full(learned, 1e-9)
    expected = np.concatenate(
        [
            np.zeros(groups),
            np.ones(groups),
            np.zeros(callers),
            np.full(deployments, OUTSIDE_TOKENS),
            1 - np.array(FIRST_TEXT_SHARES),
        ]
    )
    doubt = np.concatenate(
        [
            np.full(groups, _OVERHEAD_DOUBT_TOKENS),
            np.full(groups, _GROUP_DOUBT),
            np.full(callers, _CALLER_DOUBT),
            np.full(deployments, _OUTSIDE_DOUBT_TOKENS),
            np.full(CHAPTERS, _TEXT_SHARE_DOUBT),
        ]
    )
    return expected, doubt


def _first_excess(step: Steps, sizes: PromptSizes) -> Floats:
    excess: Floats = np.where(
        step.is_large, (1 - sizes.text_share[step.chapter]) * step.bytes_added, 0.0
    )
    return excess


def _carried(step: Steps, excess: Floats) -> Floats:
    """Return the bytes of each request that are no text, its own and those it carries on."""
    rows, marked = along(step.previous, step.is_large)
    return sums(rows, excess[marked], len(excess))
