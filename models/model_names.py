"""From the many spellings of an LLM's name to the one id of the price list.

Gateways log a name with or without its date (`claude-haiku-4-5-20251001`), and older models were
renamed. The rule is: lower case; the seed's alias if it has one; else the name without its
`-YYYYMMDD`, and that name's alias if it has one. An unknown model stays itself and has no price.
"""

import re
from collections.abc import Mapping

from models.errors import SeedError
from models.seed_cells import SeedFile, read_seed

COLUMNS = ("model_name", "model")
_DATE_SUFFIX = re.compile(r"-[0-9]{8}$")


class ModelNamesError(SeedError, ValueError):
    """The alias file breaks its rules; the text lists every problem, one a line."""


def read_model_names(file: SeedFile) -> dict[str, str]:
    """Return {spelling: model of the price list}. Raises ModelNamesError with all problems."""
    lines, problems = read_seed(file, COLUMNS)
    names: dict[str, str] = {}
    for line, row in lines:
        wrong = _problem(row, names)
        if wrong:
            problems.append(f"{file.name} line {line}: {wrong}")
        else:
            names[row["model_name"]] = row["model"]
    if problems:
        raise ModelNamesError("\n".join(problems))
    return names


def _problem(row: Mapping[str, str], known: Mapping[str, str]) -> str:
    name, model = row["model_name"], row["model"]
    if not name or not model:
        return "a cell is empty: write the logged spelling and the price list's model"
    if name != name.lower():
        return f"{name!r} is not lower case and would never be found: write {name.lower()!r}"
    if name in known:
        return f"{name!r} is already mapped to {known[name]!r}: keep one line"
    return ""


def price_model(model_name: str, names: Mapping[str, str]) -> str:
    """Return the price list's id for a logged model name; the module says by which rule."""
    name = model_name.strip().lower()
    if name in names:
        return names[name]
    undated = _DATE_SUFFIX.sub("", name)
    return names.get(undated, undated)
