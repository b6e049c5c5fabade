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
QUERIES = {
    file.name: file.read_text(encoding="utf-8")
    for file in (files("sql") / "kql").iterdir()
    if file.name.endswith(".kql")
}


@pytest.fixture
def diagnostics(require_heavy):
    require_heavy(shutil.which("node") is not None, "Node is not installed")
    require_heavy(
        (HERE / "node_modules").is_dir(),
        "the KQL language service is not installed: npm ci --prefix tests/kusto",
    )

    def check(query: str) -> list[str]:
        for placeholder, value in PLACEHOLDERS.items():
            query = query.replace(placeholder, value)
        asked = json.dumps({"tables": TABLES, "queries": {"query": query}})
        answer = subprocess.run(
            ["node", str(HERE / "check.mjs")],
            input=asked,
            capture_output=True,
            check=True,
            text=True,
            timeout=120,
        )
        return json.loads(answer.stdout)["query"]

    return check


def test_there_are_queries():
    assert {"gateway_log.kql", "llm_log.kql"} <= QUERIES.keys()


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_a_query_of_the_product_is_sound(diagnostics, name):
    assert diagnostics(QUERIES[name]) == []


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("AppMetrics | where NoSuchColumn == 1", "NoSuchColumn"),
        ("NoSuchTable | take 1", "NoSuchTable"),
        ("AppMetrics | project sum = name", "name"),
        ("AppMetrics | where Sum > 'text'", "string"),
        ("AppMetrics | where", "Missing expression"),
    ],
)
def test_a_wrong_query_is_found_out(diagnostics, query, named):
    found = diagnostics(query)
    assert len(found) == 1
    assert named in found[0]


def test_the_lock_file_names_no_registry():
    lock = json.loads((HERE / "package-lock.json").read_text(encoding="utf-8"))
    packages = [package for path, package in lock["packages"].items() if path]
    assert packages
    assert all("resolved" not in package and package["integrity"] for package in packages)
