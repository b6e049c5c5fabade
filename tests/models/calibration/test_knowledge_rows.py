"""What was learned survives the table it is kept in, and serves as before."""

from dataclasses import fields

import duckdb
import numpy as np
import pytest
from attribution.drawn_columns import drawn

from models.calibration.estimate import estimate, learn
from models.calibration.knowledge_rows import KnowledgeRow, knowledge_of, rows_of


def test_knowledge_comes_back_from_a_table_to_the_last_bit() -> None:
    tenant = drawn("base-20", 5, days=4)
    cells = tenant.cells
    knowledge = learn(tenant.traffic, cells)
    with duckdb.connect() as connection:
        connection.execute(
            'create table kept (part varchar, "first" integer, second integer, third integer,'
            " value double)"
        )
        connection.executemany("insert into kept values (?, ?, ?, ?, ?)", rows_of(knowledge))
        kept = [KnowledgeRow(*row) for row in connection.execute("from kept").fetchall()]
    back = knowledge_of(reversed(kept))
    for before, after in ((knowledge.sizes, back.sizes), (knowledge.habits, back.habits)):
        for field in fields(before):
            one, other = getattr(before, field.name), getattr(after, field.name)
            assert np.array_equal(np.asarray(one), np.asarray(other)), field.name
    again = estimate(tenant.traffic, cells, back)
    assert np.array_equal(again.tokens, estimate(tenant.traffic, cells, knowledge).tokens)


def test_a_missing_part_is_named() -> None:
    with pytest.raises(ValueError, match=r"sizes\.group_of: learn the window again"):
        knowledge_of([])
