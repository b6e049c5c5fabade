"""The documents stay true: settings, commands, files and links they name exist."""

import re
from pathlib import Path

from jobs.cli import cli
from models.setting_values import PREFIX
from models.settings import Settings

_ROOT = Path(__file__).parents[1]
_DOCS = [_ROOT / "README.md", *sorted((_ROOT / "docs").rglob("*.md"))]


def test_env_example_names_every_setting_and_no_other() -> None:
    text = (_ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(rf"^({PREFIX}\w+)=", text, flags=re.MULTILINE))
    assert named == {PREFIX + name.upper() for name in Settings.model_fields}


def test_settings_named_in_documents_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known |= {f"{PREFIX}CONFIG", f"{PREFIX}REQUIRE_ALL"}
    for file in _DOCS:
        named = set(re.findall(rf"{PREFIX}[A-Z_]+", file.read_text(encoding="utf-8")))
        assert named <= known, file


def test_readme_names_every_command() -> None:
    readme = (_ROOT / "README.md").read_text(encoding="utf-8")
    for name in cli.list_commands(None):  # type: ignore[arg-type]
        assert f"tollbook {name}" in readme, name


def test_statements_and_links_in_documents_exist() -> None:
    for file in _DOCS:
        text = file.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (file.parent / link).exists(), f"{file.name} links to {link}"
        for path in re.findall(r"`(sql/[\w/]+\.\w+)`", text):
            assert (_ROOT / path).exists(), f"{file.name} names {path}"


def test_nothing_names_a_registry_or_this_machine() -> None:
    registries = re.compile("pypi\\.o" + "rg|npmjs\\.o" + "rg|npmjs\\.c" + "om|pythonhos" + "ted")
    for file in _tracked():
        text = file.read_text(encoding="utf-8", errors="replace")
        assert not registries.search(text), file


def test_no_lock_file_records_an_address() -> None:
    locks = [file for file in _tracked() if "lock" in file.name and file.suffix != ".py"]
    assert {file.name for file in locks} >= {"requirements.lock", "package-lock.json"}
    for file in locks:
        assert "://" not in file.read_text(encoding="utf-8"), file


def _tracked() -> list[Path]:
    skipped = {".git", ".venv", "node_modules", ".tollbook", ".bench", ".screenshots"}
    return [
        path
        for path in _ROOT.rglob("*")
        if path.is_file()
        and path.suffix not in {".duckdb", ".gz", ".pyc"}
        and not skipped & set(path.relative_to(_ROOT).parts)
        and "cache" not in str(path.relative_to(_ROOT))
    ]
