"""Settings: where they come from, and that every problem is named at once."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.errors import SettingsError
from models.settings import environment_of, read_settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the machine, and no file of the working directory."""
    for name in [name for name in os.environ if name.startswith("TOLLBOOK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def problems(**options: object) -> list[str]:
    with pytest.raises(SettingsError) as raised:
        read_settings(**options)
    return str(raised.value).splitlines()


def test_the_defaults_name_azure_and_a_folder_here() -> None:
    settings = read_settings()
    assert settings.logs_endpoint == "https://api.loganalytics.io"
    assert settings.graph_endpoint == "https://graph.microsoft.com"
    assert settings.warehouse_file == Path(".tollbook/warehouse.duckdb")
    assert settings.publication_dir == Path(".tollbook/published")


def test_options_win_over_variables_and_variables_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = ['tenant_id = "of the file"', "look_back_hours = 1", "dashboard_port = 1"]
    (tmp_path / "tollbook.toml").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("TOLLBOOK_LOOK_BACK_HOURS", "2")
    monkeypatch.setenv("TOLLBOOK_DASHBOARD_PORT", "2")
    settings = read_settings(dashboard_port=3, tenant_id=None)
    assert (settings.tenant_id, settings.look_back_hours, settings.dashboard_port) == (
        "of the file",
        2,
        3,
    )


def test_the_data_folders_file_is_found_and_comes_before_the_working_directorys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tollbook.toml").write_text('tenant_id = "here"', encoding="utf-8")
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "tollbook.toml").write_text('tenant_id = "there"', encoding="utf-8")
    assert read_settings().tenant_id == "here"
    assert read_settings(data_dir=data_dir).tenant_id == "there"
    monkeypatch.setenv("TOLLBOOK_DATA_DIR", str(data_dir))
    assert read_settings().tenant_id == "there"
    named = tmp_path / "named.toml"
    named.write_text('tenant_id = "named"', encoding="utf-8")
    monkeypatch.setenv("TOLLBOOK_CONFIG", str(named))
    assert read_settings(data_dir=data_dir).tenant_id == "named"


def test_a_named_file_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_CONFIG", "nowhere.toml")
    assert problems() == [
        "TOLLBOOK_CONFIG names nowhere.toml, which is no file: create it or unset the variable"
    ]


def test_every_problem_is_named_at_once_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tollbook.toml").write_text("colour = 1\ndashboard_port = 70000", encoding="utf-8")
    monkeypatch.setenv("TOLLBOOK_LOOK_BACK_HOURS", "many")
    monkeypatch.setenv("TOLLBOOK_HISTORY_FROM", "last week")
    monkeypatch.setenv("TOLLBOOK_LOGS_ENDPOINT", "http://logs.example")
    monkeypatch.setenv("TOLLBOOK_GRAPH_ENDPOINT", "graph.example")
    monkeypatch.setenv("TOLLBOOK_WORKSPACE_IDS", "[1, 2")
    head, *lines = problems()
    assert head.startswith("7 settings need attention; set the variable or its lower-case name")
    named = {line.split(":")[0].strip() for line in lines}
    assert named == {
        "TOLLBOOK_COLOUR",
        "TOLLBOOK_DASHBOARD_PORT",
        "TOLLBOOK_LOOK_BACK_HOURS",
        "TOLLBOOK_HISTORY_FROM",
        "TOLLBOOK_LOGS_ENDPOINT",
        "TOLLBOOK_GRAPH_ENDPOINT",
        "TOLLBOOK_WORKSPACE_IDS",
    }
    assert any("no such setting; .env.example lists them all" in line for line in lines)
    assert any("(given: 'many')" in line for line in lines)


def test_what_a_command_needs_is_asked_for_all_at_once() -> None:
    with pytest.raises(SettingsError) as raised:
        read_settings().require("tenant_id", "workspace_ids", "logs_endpoint")
    head, *lines = str(raised.value).splitlines()
    assert head.startswith("2 settings need attention")
    assert [line.split(" is not set: ")[0].strip() for line in lines] == [
        "TOLLBOOK_TENANT_ID",
        "TOLLBOOK_WORKSPACE_IDS",
    ]


@pytest.mark.parametrize(
    ("endpoint", "allowed", "says"),
    [
        ("http://127.0.0.1:8000", True, None),
        ("http://localhost:8000", True, None),
        ("http://[::1]:8000", True, None),
        ("https://logs.example", False, None),
        ("http://127.0.0.1:8000", False, "set TOLLBOOK_ALLOW_LOOPBACK_HTTP=true"),
        ("http://logs.example", True, "plain http to another machine; use https"),
        ("http://localhost.evil.example", True, "plain http to another machine"),
        ("http://127.0.0.1@evil.example", True, "plain http to another machine"),
        ("http://10.0.0.1", True, "plain http to another machine"),
        ("ftp://127.0.0.1", True, "is not an https address"),
        ("https://", True, "is not an https address"),
        ("", True, "is not an https address"),
    ],
)
def test_plain_http_goes_to_loopback_only_and_only_when_permitted(
    endpoint: str, allowed: bool, says: str | None
) -> None:
    options = {"allow_loopback_http": allowed, "logs_endpoint": endpoint}
    if says is None:
        assert read_settings(**options).logs_endpoint == endpoint
    else:
        (_, line) = problems(**options)
        assert "TOLLBOOK_LOGS_ENDPOINT" in line
        assert says in line


@pytest.mark.parametrize("text", ['["a", "b"]', "a,b", " a , b ,"])
def test_a_variable_holds_a_list(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TOLLBOOK_WORKSPACE_IDS", text)
    assert read_settings().workspace_ids == ("a", "b")


def test_the_application_and_its_groups_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = read_settings()
    assert (nothing.claude_app_id, nothing.pilot_group_ids) == (None, ())
    monkeypatch.setenv("TOLLBOOK_CLAUDE_APP_ID", "app")
    monkeypatch.setenv("TOLLBOOK_PILOT_GROUP_IDS", "one, two")
    settings = read_settings()
    assert (settings.claude_app_id, settings.pilot_group_ids) == ("app", ("one", "two"))


@pytest.mark.parametrize("content", [b"tenant_id = ", b"\xff\xfe", b"[a"])
def test_a_file_that_is_not_toml_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tollbook.toml").write_bytes(content)
    (line,) = problems()
    assert line.startswith("tollbook.toml cannot be read as TOML (")
    assert line.endswith(": correct the file")


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_DATA_DIR", "")
    assert read_settings().data_dir == Path(".tollbook")


def test_a_child_process_gets_the_same_settings(tmp_path: Path) -> None:
    settings = read_settings(
        data_dir=tmp_path / "a folder",
        workspace_ids=["one", "two"],
        allow_loopback_http=True,
        logs_endpoint="http://localhost:1",
        now=datetime(2026, 10, 1, tzinfo=UTC),
    )
    program = "from models.settings import read_settings; print(read_settings().model_dump_json())"
    output = subprocess.run(
        [sys.executable, "-c", program],
        env=environment_of(settings),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert output.strip() == settings.model_dump_json()


def test_a_fixed_clock_stands_still() -> None:
    assert read_settings(now="2026-10-01T00:00:00Z").clock().now() == datetime(
        2026, 10, 1, tzinfo=UTC
    )
