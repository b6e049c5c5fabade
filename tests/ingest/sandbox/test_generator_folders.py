"""Where the generator writes, what it refuses, and how small a tenant may be."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from recorded_tenant import LLM, record

from ingest.sandbox.generator import RecordingError, generate_tenant


def test_the_smallest_tenant_works(tmp_path: Path) -> None:
    small = record(tmp_path, users=5, days=1)
    assert small.summary.now == datetime(2026, 10, 4, tzinfo=UTC)
    repeated = sum(row["trap"] == "duplicate_line" for row in small.truth)
    missing = sum(row["trap"] == "gateway_row_missing" for row in small.truth)
    assert len(small.gateway) == len(small.truth) + repeated - missing
    assert small.summary.gateway_rows == len(small.gateway)
    assert small.summary.llm_rows == len(small.llm)


def test_a_new_run_replaces_an_earlier_one(tmp_path: Path) -> None:
    record(tmp_path, users=5, days=3)
    steps = []
    generate_tenant(
        tmp_path / "workspace",
        truth=None,
        seed=1,
        users=5,
        days=1,
        progress=lambda *step: steps.append(step),
    )
    files = sorted(file.name for file in (tmp_path / "workspace" / "tables" / LLM).iterdir())
    assert files == ["2026-10-01.jsonl.gz"]
    assert ("log rows", 1, 1) in steps
    assert sorted(path.name for path in tmp_path.iterdir()) == ["truth", "workspace"]


@pytest.mark.parametrize(
    ("users", "days", "advice"), [(4, 1, "5 users or more"), (5, 0, "1 day or more")]
)
def test_too_small_is_refused(tmp_path: Path, users: int, days: int, advice: str) -> None:
    with pytest.raises(RecordingError, match=advice):
        generate_tenant(tmp_path / "new", truth=None, seed=1, users=users, days=days)
    assert not (tmp_path / "new").exists()


def test_foreign_folders_are_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    for name, text, advice in (
        ("notes.txt", "keep me", "not a workspace"),
        ("workspace.toml", 'tenant_id = "theirs"\n', "did not simulate"),
    ):
        (out / name).write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=advice):
            generate_tenant(out, truth=None, seed=1, users=5, days=1)
        assert (out / name).read_text(encoding="utf-8") == text
    with pytest.raises(RecordingError, match="is a file"):
        generate_tenant(out / "notes.txt", truth=None, seed=1, users=5, days=1)


@pytest.mark.parametrize("inside", [".", "truth", "deep/er"])
def test_truth_inside_the_workspace_is_refused(tmp_path: Path, inside: str) -> None:
    out = tmp_path / "out"
    with pytest.raises(RecordingError, match="folder outside"):
        generate_tenant(out, truth=out / inside, seed=1, users=5, days=1)
    assert not out.exists()


def test_a_truth_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("keep me", encoding="utf-8")
    with pytest.raises(RecordingError, match="no earlier truth"):
        generate_tenant(tmp_path / "out", truth=tmp_path, seed=1, users=5, days=1)
