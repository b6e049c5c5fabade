"""What was learned from a window, as rows that a table keeps, and back.

A row is a part's name, its place in that part's array, and a number. Places are ids of models,
clients, callers and deployments, or small codes; unused ones are -1.
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import NamedTuple

import numpy as np

from models.calibration.arrays import Floats
from models.calibration.estimate import Knowledge
from models.calibration.habits import Habits
from models.calibration.size_knowledge import PromptSizes

_SIZES, _HABITS = "sizes.", "habits."
_SHAPE = ".shape"


class KnowledgeRow(NamedTuple):
    """One number: `part` and up to three places in it."""

    part: str
    first: int
    second: int
    third: int
    value: float


def rows_of(knowledge: Knowledge) -> list[KnowledgeRow]:
    """Return every number but the zeros, and the shape of each array."""
    found: list[KnowledgeRow] = []
    for prefix, record in ((_SIZES, knowledge.sizes), (_HABITS, knowledge.habits)):
        for field in fields(record):
            found += _rows(prefix + field.name, np.asarray(getattr(record, field.name)))
    return found


def knowledge_of(rows: Iterable[KnowledgeRow]) -> Knowledge:
    """Return what the rows say; ValueError names a part that is missing."""
    parts: dict[str, list[KnowledgeRow]] = {}
    for row in rows:
        parts.setdefault(row.part, []).append(row)
    sizes = {field.name: _array(parts, _SIZES + field.name) for field in fields(PromptSizes)}
    habits = {field.name: _array(parts, _HABITS + field.name) for field in fields(Habits)}
    return Knowledge(
        PromptSizes(
            group_of=sizes["group_of"].astype(np.int64),
            overhead_tokens=sizes["overhead_tokens"],
            tokens_per_byte=sizes["tokens_per_byte"],
            usual_tokens_per_byte=float(sizes["usual_tokens_per_byte"]),
            of_caller=sizes["of_caller"],
            outside_tokens=sizes["outside_tokens"],
            text_share=sizes["text_share"],
            noise=float(sizes["noise"]),
        ),
        Habits(
            read_share=habits["read_share"],
            caller_read=habits["caller_read"],
            hour_share=habits["hour_share"],
            caller_hour=habits["caller_hour"],
            outside=habits["outside"],
            growth_tokens=habits["growth_tokens"],
            growth_deviation_tokens=float(habits["growth_deviation_tokens"]),
            size_jitter=float(habits["size_jitter"]),
        ),
    )


def _rows(part: str, values: Floats) -> list[KnowledgeRow]:
    shape = _row(part + _SHAPE, list(values.shape), 0.0)
    places = np.argwhere(values != 0)
    return [shape, *(_row(part, at.tolist(), float(values[tuple(at)])) for at in places)]


def _row(part: str, place: list[int], value: float) -> KnowledgeRow:
    first, second, third = [*place, -1, -1, -1][:3]
    return KnowledgeRow(part, first, second, third, value)


def _array(parts: dict[str, list[KnowledgeRow]], part: str) -> Floats:
    shapes = parts.get(part + _SHAPE)
    if not shapes:
        raise ValueError(f"what was learned lacks {part}: learn the window again")
    sides = (shapes[0].first, shapes[0].second, shapes[0].third)
    shape = tuple(side for side in sides if side >= 0)
    result = np.zeros(shape)
    for row in parts.get(part, []):
        place = (row.first, row.second, row.third)
        result[place[: len(shape)]] = row.value
    return result
