"""Who may import, read and ask what: the shape of the product, kept by tests."""

import ast
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from models import ledger

ROOT = Path(__file__).parents[1]
PACKAGES = ("dashboard", "ingest", "jobs", "models")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]

# Libraries, and the folders that alone may use them.
_KEPT_TO = {
    "azure": {"ingest"},
    "httpx": {"ingest"},
    "msgraph": {"ingest"},
    "msgraph_core": {"ingest"},
    "requests": set(),
    "streamlit": {"dashboard"},
    "plotly": {"dashboard"},
    "apscheduler": {"jobs"},
    "click": {"jobs"},
    "apprise": {"jobs"},
}
# The dashboard is a process of its own, which gets this process's environment.
_READ_ENVIRONMENT = {"models/settings.py", "jobs/dashboard_process.py"}

# Of every folder of sql/: the schemas, or kinds of table, its statements may name.
_MAY_READ = {
    "landing": {"batch", "staging"},
    # Token metrics have no staging: two statements ask them for their callers and days.
    "staging": {"batch", "staging", "raw"},
    "directory": {"round", "directory", "seeds", "staging"},
    "ownership": {"directory", "seeds", "staging", "reviewed", "ownership"},
    "ledger": {"raw", "staging", "directory", "dimension", "seeds", "calibration", "ledger"},
    "dimension": {"ledger", "directory", "dimension", "seeds"},
    "calibration": {"staging", "ledger", "dimension", "calibration"},
    "billing": {"staging", "seeds", "run", "billing"},
    "marts": {"ledger", "marts", "directory", "dimension", "seeds", "run", "billing"},
    "run": {"run", "seeds"},
    "checks": {"raw", "staging", "dimension", "ledger", "marts", "directory"},
    "published": {"published"},
    "bridge": {"published", "bridge"},
    "allocation": {"published", "marts", "allocation"},
    "roll_up": {"published", "roll_up"},
    "adoption": {"published", "adoption"},
    "budgets": {"published", "roll_up", "budgets"},
    "economics": {"published", "economics"},
    "reports": {"published", "bridge", "adoption", "economics", "proposal"},
    "doctor": {"published"},
    "dashboard": {"published", "page"},
    "forget": {"directory", "seeds", "dimension"},
    "operations": {"operations"},
}
_KINDS = {
    "answer": "batch",
    "landed_rows": "batch",
    "known_rows": "batch",
    "observed": "round",
    "binned": "round",
    "vanished": "round",
    "told": "round",
    "changed": "round",
    "observed_links": "round",
    "ended_links": "round",
    "begun_links": "round",
    "calibrated_rows": "calibration",
    "calibrated_cells": "calibration",
    "parts": "page",
    "moved": "proposal",
    "audit": "operations",
    "alerts_delivered": "operations",
} | {file.name.removesuffix(".sql"): "published" for file in (files("sql") / "published").iterdir()}
_NO_CODE = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_CTE = re.compile(r"(?:\bwith(?: recursive)?|,)\s+(\w+) as \(")
_TABLE = re.compile(
    r"(?:(?<!distinct )\bfrom|\bjoin|\busing|\bupdate(?! on\b)|\binto(?! name))"
    r"\s+([a-z_][\w.]*)\b(?!\s*\()"
)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_run_one_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def test_a_library_of_the_outside_world_stays_in_its_folder() -> None:
    used: dict[str, set[str]] = {library: set() for library in _KEPT_TO}
    for path in MODULES:
        for module in imports(path):
            library = module.partition(".")[0]
            if library in used:
                used[library].add(name(path).partition("/")[0])
    assert len(MODULES) > 60
    for library, folders in used.items():
        assert folders <= _KEPT_TO[library], library
    assert used["azure"] == {"ingest"}
    assert used["streamlit"] == used["plotly"] == {"dashboard"}


def test_only_settings_read_the_environment() -> None:
    reading = {
        name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"})
        or (isinstance(node, ast.ImportFrom) and node.module == "os")
    }
    assert "models/settings.py" in reading
    assert reading <= _READ_ENVIRONMENT


def test_only_the_clock_knows_the_time() -> None:
    asking = {
        name(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
        if isinstance(node.value, ast.Name) and node.value.id in {"datetime", "date"}
    }
    assert asking == {"models/clock.py"}


def tables(text: str) -> set[str]:
    """The tables a statement names, its own CTEs left out."""
    code = _NO_CODE.sub("''", text)
    return set(_TABLE.findall(code)) - set(_CTE.findall(code))


def kind(table: str) -> str:
    *schema, last = table.removeprefix("warehouse.").removeprefix("memory.main.").split(".")
    return schema[0] if schema else _KINDS.get(last, last)


STATEMENTS = [
    path for folder in sorted(_MAY_READ) for path in sorted((ROOT / "sql" / folder).glob("*.sql"))
]


def test_every_folder_of_statements_has_its_rule() -> None:
    folders = {path.name for path in (ROOT / "sql").iterdir() if path.is_dir()}
    assert folders - {"kql", "macros", "seeds", "warehouse"} == set(_MAY_READ)


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_statement_reads_its_own_layer_or_earlier_ones(path: Path) -> None:
    found = {kind(table) for table in tables(path.read_text(encoding="utf-8"))}
    assert found <= _MAY_READ[path.parent.name]


def test_the_tables_of_a_statement_are_found() -> None:
    text = """
        with one as (select * from raw.a), two as (select 'from nothing' from one)
        select x is distinct from y -- from comment
        from two left join marts.b as c on true join read_parquet('x') using (k)
        where x in (select y from ledger.d)
    """
    assert tables(text) == {"raw.a", "marts.b", "ledger.d"}


def test_the_ledger_is_built_in_the_order_of_its_tables() -> None:
    order = [*ledger._REFERENCE, *ledger._ATTRIBUTION, *ledger._CALIBRATION, *ledger._BOOKING]
    for number, table in enumerate(order):
        text = (ROOT / "sql" / f"{table.replace('.', '/')}.sql").read_text(encoding="utf-8")
        needed = {other for other in tables(text) if other.startswith("ledger.")}
        assert needed <= set(order[:number]), table
    built = {f"ledger.{path.stem}" for path in (ROOT / "sql/ledger").glob("*.sql")}
    assert built == set(order)


def test_a_statement_starts_with_its_grain_or_its_purpose() -> None:
    for path in STATEMENTS:
        assert path.read_text(encoding="utf-8").startswith("-- "), path


def test_modules_and_functions_stay_small() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 300, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno
                assert lines <= 70, (path, node.name)
