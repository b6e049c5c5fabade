"""How fast conversations grow while they are warm, learned from bytes alone."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.optimize import nnls

from models.calibration.arrays import Floats
from models.calibration.habits import WARM_SITUATIONS, Habits
from models.calibration.prompt_size import Prompts
from models.calibration.steps import Steps
from models.calibration.traffic import Traffic

_FEWEST_STEPS = 200
_BINS = 8


def with_growth(habits: Habits, traffic: Traffic, step: Steps, prompt: Prompts) -> Habits:
    """Learn from bytes alone how warm conversations grow, and how much their sizes jitter.

    A jitter of every prompt's size shows in the spread of its growth, the more the larger it is.
    """
    before = np.maximum(step.previous, 0)
    answered = np.maximum(traffic.output_tokens[before], 0)
    growth = prompt.tokens - prompt.tokens[before] - answered
    usable = step.is_continued & (step.situation < WARM_SITUATIONS - 1) & ~step.is_large
    if usable.sum() < _FEWEST_STEPS:
        return habits
    jitter, deviation = _spread(prompt.tokens[usable], (growth + answered)[usable])
    typical = habits.growth_tokens.copy()
    for client in np.unique(traffic.client[usable]):
        mean = np.clip(growth[usable & (traffic.client == client)], -50_000, 50_000).mean()
        typical[client] = max(float(mean), 0.0)
    return replace(
        habits,
        growth_tokens=typical,
        growth_deviation_tokens=deviation,
        size_jitter=jitter,
    )


def _spread(tokens: Floats, growth: Floats) -> tuple[float, float]:
    edges = np.quantile(tokens, np.linspace(0, 1, _BINS + 1))
    squares, spreads = [], []
    for low, high in pairwise(edges):
        inside = (tokens >= low) & (tokens <= high)
        if inside.sum() > _FEWEST_STEPS // 10:
            first, third = np.quantile(growth[inside], [0.25, 0.75])
            squares.append(float(np.median(tokens[inside])) ** 2)
            spreads.append(((third - first) / 1.349) ** 2)
    columns = np.stack([np.ones(len(squares)), squares], axis=1)
    scale = np.maximum(columns.max(axis=0), 1e-9)
    found = nnls(columns / scale, np.array(spreads))[0] / scale
    return float(np.sqrt(found[1] / 2)), float(np.sqrt(max(found[0], 1e4)))
