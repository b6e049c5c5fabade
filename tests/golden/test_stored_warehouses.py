"""Warehouses that earlier versions wrote still open, migrate and add up."""

import gzip
import json
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from jobs.ingestion import Run
from jobs.pipeline import build_and_publish, open_run
from models.chargeback import chargeback
from models.clock import Clock
from models.settings import Settings
from models.viewer import operator
from models.warehouse import SCHEMA_VERSION, schema_version

_STORED = sorted((Path(__file__).parents[1] / "fixtures").glob("warehouse-v*.json"))


def test_every_schema_version_is_stored() -> None:
    names = {file.stem for file in _STORED}
    assert names == {f"warehouse-v{version}" for version in range(1, SCHEMA_VERSION + 1)}


@pytest.mark.parametrize("stored", _STORED, ids=lambda file: file.stem)
def test_a_stored_warehouse_adds_up(stored: Path, tmp_path: Path) -> None:
    expected = json.loads(stored.read_text(encoding="utf-8"))
    settings = Settings(data_dir=tmp_path, seeds_dir=stored.with_suffix(".seeds"))
    packed = stored.with_suffix(".duckdb.gz").read_bytes()
    settings.warehouse_file.write_bytes(gzip.decompress(packed))
    clock = Clock(datetime.fromisoformat(expected["now"]))
    with open_run(settings, clock) as connection:
        assert schema_version(connection) == SCHEMA_VERSION
        build_and_publish(Run(connection, settings, clock, lambda *_: None))
    answer = chargeback(settings.publication_dir, operator(), month="2026-10", by=["day"])
    rows = [row for row in answer.records() if row["label"] not in {"outside_gateway", "pool"}]
    assert sum(row["requests"] for row in rows) == expected["requests"] > 0
    for amount in ("input_tokens", "output_tokens"):
        # Requests without usage may get something of the platform's totals.
        assert sum(row[amount] or 0 for row in rows) >= expected[amount]
    cost = sum((row["list_cost_usd"] or Decimal(0) for row in rows), Decimal(0))
    # With token metrics most of the cost is calibrated: no figure to hold to the last digit.
    assert cost == Decimal(expected.get("list_cost_usd", cost)) > 0
