"""Traces as recorded workspaces: the counts are the trace's, everything else says simulated."""

import csv
import gzip
import json
import tomllib
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ingest.sandbox.generator import RecordingError
from ingest.sandbox.import_trace import TraceSummary, import_trace

Row = dict[str, Any]
SHARED = Path(__file__).parents[3] / ".." / "shared" / "data"
TRACES = [
    SHARED / "AzureLLMInferenceTrace_code.csv",
    SHARED / "AzureLLMInferenceTrace_conv.csv",
]
DAY = date(2026, 10, 15)
HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"
SMALL = HEADER + "2023-11-16 23:59:59.9799600,4808,10\n2023-11-17 00:00:01.0000001,0,8\n"


def rows(out: Path, table: str) -> list[Row]:
    files = sorted((out / "tables" / table).iterdir())
    text = "".join(gzip.decompress(file.read_bytes()).decode() for file in files)
    return [json.loads(line) for line in text.splitlines()]


def gateway_rows(out: Path) -> list[Row]:
    return rows(out, "ApiManagementGatewayLogs")


def llm_rows(out: Path) -> list[Row]:
    return rows(out, "ApiManagementGatewayLlmLog")


def small_trace(folder: Path, text: str = SMALL, name: str = "code.csv") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def import_small(folder: Path, text: str = SMALL) -> TraceSummary:
    return import_trace([small_trace(folder, text)], folder / "out", day=DAY, seed=1)


def test_the_public_traces_arrive_whole(tmp_path: Path) -> None:
    if not all(file.is_file() for file in TRACES):
        pytest.skip("the public traces are not beside this checkout")
    summary = import_trace(TRACES, tmp_path / "out", day=DAY, seed=1)
    truth = []
    for file in TRACES:
        with file.open(encoding="utf-8") as lines:
            truth += list(csv.DictReader(lines))
    gateway, llm = gateway_rows(tmp_path / "out"), llm_rows(tmp_path / "out")
    assert len(gateway) == len(llm) == len(truth) == sum(summary.rows.values()) == 28_185
    assert {row["ResponseCode"] for row in gateway} == {200}
    logged = Counter((row["PromptTokens"], row["CompletionTokens"]) for row in llm)
    assert logged == Counter(
        (int(row["ContextTokens"]), int(row["GeneratedTokens"])) for row in truth
    )
    assert {row["CorrelationId"] for row in gateway} == {row["CorrelationId"] for row in llm}
    shift = np.datetime64(DAY) - np.datetime64("2023-11-16")
    expected = sorted(np.datetime64(row["TIMESTAMP"], "ns") + shift for row in truth)
    assert [np.datetime64(row["TimeGenerated"][:-1], "ns") for row in gateway] == expected


def test_callers_are_simulated_and_concentrated(tmp_path: Path) -> None:
    lines = "".join(f"2023-11-16 12:{n // 60:02}:{n % 60:02},100,{n}\n" for n in range(3000))
    import_small(tmp_path, HEADER + lines)
    graph = tmp_path / "out" / "graph"
    users = [json.loads(line) for line in (graph / "users.jsonl").read_text().splitlines()]
    assert users[0]["displayName"] == "Simulated caller 001"
    for user in users:
        assert user["displayName"].startswith("Simulated caller ")
        assert user["department"].startswith("Simulated ")
        assert user["employeeOrgData"]["costCenter"].startswith("Simulated ")
    gateway = gateway_rows(tmp_path / "out")
    callers = Counter(row["BackendRequestHeaders"]["x-caller-oid"] for row in gateway)
    assert set(callers) <= {user["id"] for user in users}
    assert len(callers) > 40
    busiest = [number for _, number in callers.most_common(5)]
    assert sum(busiest) > len(gateway) / 2


def test_a_trace_over_midnight_goes_on_the_next_day(tmp_path: Path) -> None:
    summary = import_small(tmp_path)
    gateway = gateway_rows(tmp_path / "out")
    assert [row["TimeGenerated"] for row in gateway] == [
        "2026-10-15T23:59:59.9799600Z",
        "2026-10-16T00:00:01.0000001Z",
    ]
    assert (summary.first_at, summary.last_at) == tuple(row["TimeGenerated"] for row in gateway)
    assert (summary.input_tokens, summary.output_tokens) == (4808, 18)
    tables = tmp_path / "out" / "tables" / "ApiManagementGatewayLlmLog"
    assert sorted(file.name for file in tables.iterdir()) == [
        "2026-10-15.jsonl.gz",
        "2026-10-16.jsonl.gz",
    ]


def test_what_the_trace_does_not_know_is_null(tmp_path: Path) -> None:
    import_small(tmp_path)
    for row in gateway_rows(tmp_path / "out"):
        assert row["RequestSize"] is None
        assert row["TotalTime"] is None
        assert "simulated" in row["RequestHeaders"]["user-agent"]


def test_models_and_deployments_follow_the_file(tmp_path: Path) -> None:
    files = [small_trace(tmp_path, name=name) for name in ("a_code.csv", "b_conv.csv")]
    summary = import_trace(files, tmp_path / "out", day=DAY, seed=1)
    text = (tmp_path / "out" / "workspace.toml").read_text(encoding="utf-8")
    workspace = tomllib.loads(text)
    assert "SIMULATED" in text.splitlines()[0]
    models = {deployment["name"]: deployment["model"] for deployment in workspace["deployments"]}
    assert set(models.values()) == set(summary.models.values())
    assert len(models) == 2
    model_of = {row["CorrelationId"]: row["ModelName"] for row in llm_rows(tmp_path / "out")}
    for row in gateway_rows(tmp_path / "out"):
        deployment = row["BackendRequestHeaders"]["x-llm-deployment"]
        assert models[deployment] == model_of[row["CorrelationId"]]
    assert workspace["starts_at"] == "2026-10-15T00:00:00Z"
    latest = max(row["_IngestionTime"] for row in gateway_rows(tmp_path / "out"))
    assert latest < workspace["now"]
    assert workspace["now"][:10] == str(DAY + timedelta(days=4))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    file = small_trace(tmp_path)
    contents = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        out = tmp_path / name
        import_trace([file], out, day=DAY, seed=seed)
        paths = sorted(path for path in out.rglob("*") if path.is_file())
        contents.append([(path.relative_to(out), path.read_bytes()) for path in paths])
    assert contents[0] == contents[1] != contents[2]


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("2023-11-16 18:17:03,12", "2 values instead of 3"),
        ("2023-11-16 18:17:03,12,3,4", "4 values instead of 3"),
        ("", "1 values instead of 3"),
        ("yesterday,12,3", "'yesterday' is not a UTC time"),
        ("2023-13-16 18:17:03,12,3", "is not a UTC time"),
        ("2023,12,3", "is not a UTC time"),
        ("2023-11-16 18:17:03+05:00,12,3", "is not a UTC time"),
        ("2023-11-16 18:17:03,-1,3", "'-1' is not a token count"),
        ("2023-11-16 18:17:03,1.5,3", "'1.5' is not a token count"),
        ("2023-11-16 18:17:03,12,", "'' is not a token count"),
        ("2023-11-16 18:17:03,12,99999999999", "is not a token count"),
        ("2023-11-16 18:17:03,²,3", "is not a token count"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, advice: str) -> None:
    with pytest.raises(RecordingError, match=r"code\.csv:4: ") as error:
        import_small(tmp_path, SMALL + line + "\n")
    assert advice in str(error.value)
    assert not (tmp_path / "out").exists()


def test_both_spellings_of_utc_are_read(tmp_path: Path) -> None:
    text = HEADER + "2024-05-10 00:00:00.009930+00:00,2,3\n2024-05-10T00:00:01Z,2,3\r\n"
    import_small(tmp_path, "\ufeff" + text)
    times = [row["TimeGenerated"] for row in gateway_rows(tmp_path / "out")]
    assert times == ["2026-10-15T00:00:00.0099300Z", "2026-10-15T00:00:01.0000000Z"]


def test_files_that_cannot_be_meant_are_refused(tmp_path: Path) -> None:
    file = small_trace(tmp_path)
    out = tmp_path / "out"
    empty = small_trace(tmp_path, HEADER, name="empty.csv")
    other = small_trace(tmp_path, "a,b\n1,2\n", name="other.csv")
    for files, advice in (
        ([], "name at least one"),
        ([tmp_path / "none.csv"], "does not exist"),
        ([file, file], "named twice"),
        ([empty], "no rows"),
        ([other], r"other\.csv:1: the columns TIMESTAMP"),
    ):
        with pytest.raises(RecordingError, match=advice):
            import_trace(files, out, day=DAY, seed=1)
    assert not out.exists()
