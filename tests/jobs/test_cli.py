"""The command line as a stranger meets it: real processes, real exit codes, errors that help."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import GoldenMonth
from installed_command import tollbook

_ROOT = Path(__file__).parents[2]


def test_help_names_every_command_and_every_command_has_help() -> None:
    top = tollbook("--help")
    assert top.returncode == 0
    names = re.findall(r"^  (\w+) +[A-Z]", top.stdout, flags=re.MULTILINE)
    assert {"demo", "sandbox", "run", "dashboard", "doctor", "report", "explain"} <= set(names)
    for name in names:
        shown = tollbook(name, "--help")
        assert shown.returncode == 0, shown.stderr
        assert "Usage:" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("report", "chargeback", "--month", "2026-13"), "write it as 2026-10"),
        (("report", "chargeback", "--month", "2031-01"), "published: 2026-10"),
        (("report", "chargeback", "--month", "2026-10", "--by", "shoe"), "choose from user"),
        (("report", "chargeback", "--month", "2026-10", "--format", "xlsx"), "--out"),
        (("explain", "00000000-0000-0000-0000-000000000001"), "no published request"),
    ],
)
def test_wrong_questions_end_with_what_to_do(
    golden: GoldenMonth, arguments: tuple[str, ...], expected: str
) -> None:
    answer = tollbook(*arguments, "--data-dir", str(golden.data_dir))
    assert answer.returncode == 1
    assert answer.stderr.startswith("Error: ")
    assert expected in answer.stderr
    assert "Traceback" not in answer.stderr


def test_missing_settings_are_listed_at_once(tmp_path: Path) -> None:
    answer = tollbook("run", "--data-dir", str(tmp_path))
    assert answer.returncode == 1
    assert "TOLLBOOK_TENANT_ID" in answer.stderr
    assert "TOLLBOOK_WORKSPACE_IDS" in answer.stderr


def test_wrong_settings_are_listed_at_once(tmp_path: Path) -> None:
    answer = tollbook(
        "run",
        "--data-dir",
        str(tmp_path),
        TOLLBOOK_LOOK_BACK_HOURS="many",
        TOLLBOOK_NOW="soon",
        TOLLBOOK_DASHBOARD_PORT="-1",
    )
    assert answer.returncode == 1
    for name in ("TOLLBOOK_LOOK_BACK_HOURS", "TOLLBOOK_NOW", "TOLLBOOK_DASHBOARD_PORT"):
        assert name in answer.stderr


def test_demo_leaves_foreign_folders_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    answer = tollbook("demo", "--no-serve", "--data-dir", str(tmp_path))
    assert answer.returncode == 1
    assert "name an empty --data-dir" in answer.stderr
    assert (tmp_path / "precious.txt").read_text() == "mine"


def test_nothing_published_says_how_to_publish(tmp_path: Path) -> None:
    answer = tollbook("report", "chargeback", "--month", "2026-10", "--data-dir", str(tmp_path))
    assert answer.returncode == 1
    assert "tollbook run" in answer.stderr


def test_another_tenant_does_not_get_into_the_same_warehouse(golden: GoldenMonth) -> None:
    answer = tollbook(
        "run", "build", "--data-dir", str(golden.data_dir), TOLLBOOK_TENANT_ID="another-tenant"
    )
    assert answer.returncode == 1
    assert "a --data-dir of its own" in answer.stderr


def test_formats_agree(golden: GoldenMonth, tmp_path: Path) -> None:
    base = ("report", "chargeback", "--month", "2026-10", "--by", "unit,model")
    where = ("--data-dir", str(golden.data_dir))
    rows = json.loads(tollbook(*base, *where, "--format", "json").stdout)
    text = tollbook(*base, *where, "--format", "csv").stdout
    assert len(text.splitlines()) == len(rows) + 1
    for form in ("csv", "json", "parquet", "xlsx"):
        out = tmp_path / f"october.{form}"
        assert tollbook(*base, *where, "--format", form, "--out", str(out)).returncode == 0
        assert out.stat().st_size > 0
    total = sum(Decimal(row["list_cost_usd"] or 0) for row in rows)
    by_day = tollbook("report", "chargeback", "--month", "2026-10", "--by", "day",
                      "--format", "json", *where)  # fmt: skip
    assert total == sum(Decimal(row["list_cost_usd"] or 0) for row in json.loads(by_day.stdout))
    assert set(rows[0]) >= {"unit", "model", "label", "cost_status", "billed_cost_usd"}
    assert "oid" not in rows[0]


def test_explain_shows_the_arithmetic(golden: GoldenMonth) -> None:
    where = ("--data-dir", str(golden.data_dir))
    ids = golden.truth / "requests.jsonl.gz"
    import gzip

    with gzip.open(ids, "rt", encoding="utf-8") as file:
        line = next(
            row
            for row in map(json.loads, file)
            if row["reached_model"] and row["label"] == "" and row["logged_output_tokens"]
        )
    text = tollbook("explain", line["correlation_id"], *where).stdout
    assert line["caller_oid"] in text
    assert re.search(r"arithmetic +(\d+ x 0\.\d+ \+ )+\d+ x 0\.\d+ = ", text)
    found = json.loads(
        tollbook("explain", line["correlation_id"], "--format", "json", *where).stdout
    )
    assert found[0]["charge"]["output_tokens"] == line["logged_output_tokens"]


def test_doctor_tells_people_what_was_seen_and_what_to_do(golden: GoldenMonth) -> None:
    answer = tollbook("doctor", "--data-dir", str(golden.data_dir))
    assert answer.returncode == 1, "a proof is refuted in the golden tenant"
    lines = answer.stdout.splitlines()
    assert lines[0].split() == ["check", "finding", "what", "to", "do"]
    assert lines[1].startswith("FAIL"), "what is worst comes first"
    assert "2026-10-01.jsonl.gz line" in answer.stdout, "torn lines of the recording are not shown"
    assert re.search(r"since 2026-10-\d\d \d\d:\d\d to 2026-1", answer.stdout)
    assert re.search(r"\d+ failed, \d+ to look at, \d+ ok", lines[-1])
    assert "Traceback" not in answer.stderr


def test_doctor_without_settings_lists_what_to_set(tmp_path: Path) -> None:
    answer = tollbook("doctor", "--data-dir", str(tmp_path))
    assert answer.returncode == 1
    assert "TOLLBOOK_TENANT_ID" in answer.stdout
    assert "TOLLBOOK_WORKSPACE_IDS" in answer.stdout


def test_prices_check_names_the_known_differences() -> None:
    answer = tollbook("prices", "check", "--at", "2026-10-01T00:00:00Z")
    assert answer.returncode == 0
    assert "rows are valid" in answer.stdout
    assert "claude-sonnet-5-5" in answer.stdout, "genai-prices has no date split there"
