"""The deployments of a tenant: which model each serves, and how that model counts and writes."""

from dataclasses import dataclass

import numpy as np
from attribution.runs import Floats

# Older models count fewer tokens in the same text.
_OLDER = frozenset({"claude-haiku-4-5", "claude-sonnet-4-6"})
_MAIN = (
    "claude-sonnet-5-5",
    "claude-opus-5-5",
    "claude-sonnet-5",
    "claude-opus-5",
    "claude-opus-4-8",
    "claude-sonnet-4-6",
    "claude-fable-5-1",
)
_MAIN_SHARES = (0.28, 0.26, 0.13, 0.13, 0.08, 0.09, 0.03)
_FAST = "claude-haiku-4-5"


@dataclass(frozen=True)
class Deployments:
    """Deployments by number: arrays have one element each. The last one serves quick work."""

    models: tuple[str, ...]
    tokens_per_base: Floats
    """Tokens of the model per token of the older tokenizer."""
    tokens_per_second: Floats


def draw_deployments(random: np.random.Generator) -> Deployments:
    """Draw one to six deployments; two of them may serve the same model."""
    number = int(random.integers(1, 7))
    models = random.choice(_MAIN, size=number, p=_MAIN_SHARES).tolist()
    if number > 1 and random.random() < 0.8:
        models[-1] = _FAST
    newer = random.uniform(1.2, 1.42)
    older = np.array([model in _OLDER for model in models])
    return Deployments(
        models=tuple(models),
        tokens_per_base=np.where(older, 1.0, newer),
        tokens_per_second=random.uniform(40, 160, size=number),
    )
