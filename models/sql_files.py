"""The statements of the `sql/` folder: one file, one statement, named by its path."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from string import Template


@cache
def sql(name: str) -> str:
    """Return the text of `sql/<name>.sql`, for example `sql("ledger/requests")`."""
    return (_root() / f"{name}.sql").read_text(encoding="utf-8")


def kql(name: str, **values: str) -> str:
    """Return the text of `sql/kql/<name>.kql` with its `$placeholders` filled in."""
    text = (_root() / "kql" / f"{name}.kql").read_text(encoding="utf-8")
    return Template(text).substitute(values)


def names(folder: str) -> list[str]:
    """Return the names of all statements of one folder, sorted: `checks/…`."""
    found = (entry.name for entry in (_root() / folder).iterdir())
    return sorted(
        f"{folder}/{name.removesuffix('.sql')}" for name in found if name.endswith(".sql")
    )


def seed_file(name: str) -> Traversable:
    """Return the product's own reviewed seed of that file name."""
    return _root() / "seeds" / name


def _root() -> Traversable:
    return files("sql")
