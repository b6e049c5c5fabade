"""Real Azure production requests go in, and every one of them comes out with its own tokens."""

import csv
from datetime import date
from pathlib import Path

import pytest
from golden.booked import booked_requests

from ingest.sandbox.import_trace import import_trace
from ingest.sandbox.process import sandbox_process
from ingest.sandbox.workspace import read_workspace
from jobs.demo import clear, live_through, tenant_settings

_DATA = Path(__file__).parents[3] / "shared" / "data"
_TRACES = (
    _DATA / "AzureLLMInferenceTrace_code.csv",
    _DATA / "AzureLLMInferenceTrace_conv.csv",
)
_REQUESTS = 28_185


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The publication folder of the imported traces."""
    if not all(file.is_file() for file in _TRACES):
        pytest.skip("the Azure LLM inference traces are not in ../shared/data")
    folder = tmp_path_factory.mktemp("trace")
    import_trace(_TRACES, folder / "workspace", day=date(2026, 10, 7), seed=3)
    recorded = read_workspace(folder / "workspace")
    with sandbox_process(recorded.folder) as url:
        settings = tenant_settings(clear(folder / "data"), recorded, url)
        live_through(settings, recorded, url, lambda *_: None)
    return settings.publication_dir


def test_all_requests_and_tokens_arrive(traced: Path) -> None:
    in_files = sorted(pair for file in _TRACES for pair in _tokens(file))
    booked = booked_requests(traced)
    in_ledger = sorted((row["input_tokens"], row["output_tokens"]) for row in booked)
    assert len(booked) == len(in_files) == _REQUESTS
    assert in_ledger == in_files
    assert {row["label"] for row in booked} == {""}
    assert all(row["oid"] for row in booked)


def _tokens(file: Path) -> list[tuple[int, int]]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines)
        return [(int(row["ContextTokens"]), int(row["GeneratedTokens"])) for row in rows]
