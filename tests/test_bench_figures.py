"""What the benchmark says: its file, its tables, its command, and the lock of its peers."""

import json
import math
import os
import re
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, over, read, spread, under, write
from bench.readme_table import machine, readme_table
from bench.sections import merged

ROOT = Path(__file__).parents[1]


def test_figures_are_written_in_the_fixed_form_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "bench" / "some.json"
    figures = [
        under(spread("build: time", [3.0, 1.0, 2.0], "s"), 2.0),
        over(spread("pricing: ratio", [1.5], "x"), 3.0),
        Figure("start: size", 7.0, "MB"),
    ]
    write(file, figures)
    rows = json.loads(file.read_text())
    assert [row["name"] for row in rows] == [
        *("build: time", "build: time (lowest)", "build: time (highest)"),
        *("pricing: ratio", "start: size"),
    ]
    assert all(list(row) == ["name", "value", "unit", "target", "met"] for row in rows)
    assert rows[0] == {"name": "build: time", "value": 2.0, "unit": "s", "target": 2.0, "met": True}
    assert rows[3]["met"] is False
    assert read(file) == figures


def test_the_median_stands_between_its_ends() -> None:
    figure = spread("build: time", [5.0, 1.0, 9.0, 2.0], "s")
    assert math.isclose(figure.value, 3.5)
    assert (figure.low, figure.high) == (1.0, 9.0)


def test_a_section_measured_again_replaces_its_own_figures_only() -> None:
    build, old, start = (Figure(name, 1, "s") for name in ("build: a", "pricing: b", "start: c"))
    new = Figure("pricing: d", 2, "s")
    gone = Figure("of another time: e", 1, "s")
    assert merged([start, old, build, gone], "pricing", [new]) == [build, new, start]


def test_the_readme_table_names_machine_date_and_every_missed_target(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"
    missed = under(spread("build: time", [100.0, 80.0, 90.0], "s"), 60.0)
    write(file, [missed, over(Figure("pricing: ratio", 4.25, "x"), 3.0)])
    os.utime(file, (0, datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()))
    lines = readme_table(file).splitlines()
    assert lines[0].startswith(f"Measured on 2026-11-23 on {machine()}")
    assert re.search(r"\d+ cores \(.+\), \d+ GB", machine())
    assert "| build: time | 90.0 s | 80.0 to 100 | 60.0 | **missed** |" in lines
    assert "| pricing: ratio | 4.25 x |  | 3.00 | met |" in lines
    assert lines[-1].startswith("- build: time: ")


def test_the_command_measures_a_section_and_says_so(tmp_path: Path) -> None:
    script = str(ROOT / "tests" / "bench" / "bench.py")
    out = tmp_path / "out"
    options = ["--small", "--runs", "1", "--only", "start", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, script, *options], check=True, capture_output=True, text=True, cwd=tmp_path
    )
    figures = read(out / "bench-small.json")
    assert figures[0].name == "start: tollbook --help"
    # A first look holds nothing to a target.
    assert all(figure.target is None and figure.value > 0 for figure in figures)
    assert all(figure.name in done.stdout for figure in figures)
    table = subprocess.run(
        [sys.executable, script, "--table", str(out / "bench-small.json")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert "| start: tollbook --help |" in table.stdout


def test_peers_are_locked_apart_from_the_product() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split("[<>=]", line)[0] for line in extras["optional-dependencies"]["bench"]}
    lock = (ROOT / "requirements-bench.lock").read_text()
    locked = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE))
    assert wanted <= locked
    assert lock.count("--hash=sha256:") > len(locked)
    assert "://" not in lock
    for own in ("requirements.lock", "requirements-dev.lock"):
        names = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / own).read_text(), re.MULTILINE))
        assert not names & {"chdb", "litellm", "polars"}
