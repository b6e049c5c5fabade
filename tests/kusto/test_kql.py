"""The product's KQL, checked by the language service of Azure's own query editor."""

import json
import shutil
import subprocess
from importlib.resources import files
from pathlib import Path

import pytest

from ingest.sandbox.log_schema import TABLES

HERE = Path(__file__).parent
PLACEHOLDERS = {
    "$window_start": "2026-10-01T00:00:00Z",
    "$window_end": "2026-10-02T00:00:00Z",
    "$time_floor": "2026-09-28T00:00:00Z",
}
WRONG = {
    "AppMetrics | where NoSuchColumn == 1": "NoSuchColumn",
    "NoSuchTable | take 1": "NoSuchTable",
    "AppMetrics | project sum = name": "name",
    "AppMetrics | where Sum startswith 5": "startswith",
    "AppMetrics | where": "Missing expression",
}


def product_queries() -> dict[str, str]:
    """Every query file with its placeholders filled; one that takes a table, once per table."""
    queries = {}
    for file in (files("sql") / "kql").iterdir():
        if not file.name.endswith(".kql"):
            continue
        text = file.read_text(encoding="utf-8")
        for placeholder, value in PLACEHOLDERS.items():
            text = text.replace(placeholder, value)
        for table in TABLES if "$table" in text else [""]:
            queries[f"{file.name} {table}".strip()] = text.replace("$table", table)
    return queries


@pytest.fixture(scope="module")
def answers() -> dict[str, list[str]] | None:
    """Diagnostics by query name, all from one start of Node; None where it cannot start."""
    if shutil.which("node") is None or not (HERE / "node_modules").is_dir():
        return None
    queries = {**product_queries(), **{text: text for text in WRONG}}
    answer = subprocess.run(
        ["node", str(HERE / "check.mjs")],
        input=json.dumps({"tables": TABLES, "queries": queries}),
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    )
    return json.loads(answer.stdout)


@pytest.fixture
def diagnostics(require_heavy, answers):
    require_heavy(
        answers is not None,
        "Node or the KQL language service is absent: npm ci --prefix tests/kusto",
    )
    return answers


def test_there_are_queries():
    assert {"gateway_log.kql", "llm_log.kql"} <= product_queries().keys()


@pytest.mark.parametrize("name", sorted(product_queries()))
def test_a_query_of_the_product_is_sound(diagnostics, name):
    assert diagnostics[name] == []


@pytest.mark.parametrize("query", WRONG)
def test_a_wrong_query_is_found_out(diagnostics, query):
    assert len(diagnostics[query]) == 1
    assert WRONG[query] in diagnostics[query][0]


def test_the_lock_file_names_no_registry():
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = [package for path, package in lock["packages"].items() if path]
    assert packages
    assert all("resolved" not in package and package["integrity"] for package in packages)
