"""The installed product: whose names it takes, and that its statements travel with it."""

from importlib.metadata import distribution, packages_distributions
from importlib.resources import files

from models.sql_files import names, seed_file, sql

FOLDERS = ("dashboard", "ingest", "jobs", "models")


def test_nobody_else_has_packages_of_our_names() -> None:
    owners = packages_distributions()
    for folder in (*FOLDERS, "sql"):
        assert set(owners.get(folder, ["tollbook"])) == {"tollbook"}, folder
    for folder in FOLDERS:
        origin = files(folder)
        assert (origin / "__init__.py").is_file()


def test_no_file_of_the_dashboard_hides_a_package() -> None:
    # Streamlit puts the folder itself on the path, before everything else.
    modules = {entry.name.removesuffix(".py") for entry in files("dashboard").iterdir()}
    assert not modules & {*FOLDERS, "sql", "tests"}


def test_the_command_is_installed() -> None:
    (command,) = distribution("tollbook").entry_points.select(group="console_scripts")
    assert (command.name, command.value) == ("tollbook", "jobs.cli:main")
    assert callable(command.load())


def test_statements_and_seeds_are_read_as_resources() -> None:
    assert sql("ledger/charges").startswith("-- 1 row per request that reached a model")
    assert "checks/money__is_decimal" in names("checks")
    assert seed_file("prices.csv").read_text(encoding="utf-8").startswith("price_id,")
    assert not (files("sql") / "__init__.py").is_file()


def test_there_is_a_wheel_folder_for_every_package() -> None:
    import tomllib
    from pathlib import Path

    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == [*FOLDERS, "sql"]
    assert "Private :: Do Not Upload" in project["project"]["classifiers"]
