"""The reviewed files that decide which unit a request belongs to, and their rows.

`ownership_rules.csv` is read in the order of `position`: the first rule that holds for a principal
at a moment decides. What a rule reads is its `attribute`:

- `cost_center`, `department`, `company`, `division`, `extensionAttribute1` to `15`: the text of the
  directory, through `unit_names.csv`. With a `value`, only that text; with a `unit`, that unit.
- `group`: being in the group `value` (an object id) gives `unit`.
- `oid`: the principal `value` gives `unit`.
- `reports_to`: who reports to `value`, over at most `levels` levels, gets `unit`.
- `manager`: the unit that the other rules give the nearest manager, at most `levels` up.
- `owner`: the unit that the other rules give whom `owners.csv` names.
- `always`: `unit`, a last resort of the tenant's own.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from models import seed_cells as cells
from models.seeds import TIMES, SeedTable, oid, optional

DEFAULT_LEVELS = 20
"""Deeper than any chain of managers that means something."""

_TEXTS = ("cost_center", "department", "company", "division")
_EXTENSION = re.compile(r"extensionAttribute([1-9]|1[0-5])")
_NAMED = frozenset({"group", "oid", "reports_to"})
_LEVELLED = frozenset({"reports_to", "manager"})
_INHERITED = frozenset({"manager", "owner"})
_OTHERS = (*sorted(_NAMED | _INHERITED), "always")
_PRINCIPALS = ("all", "member", "guest", "service_principal")
_RESERVED = frozenset({"correction", "last_resort", "not_in_directory"})


def attribute(text: str) -> str:
    """Read what a rule looks at."""
    if text in _TEXTS or text in _OTHERS or _EXTENSION.fullmatch(text):
        return text
    raise ValueError(
        f"{text[:40]!r} is unknown: write {', '.join((*_TEXTS, *_OTHERS))}"
        " or extensionAttribute1 to 15"
    )


def text_attribute(text: str) -> str:
    """Read which text of the directory a value comes from."""
    if text in _TEXTS or _EXTENSION.fullmatch(text):
        return text
    raise ValueError(
        f"{text[:40]!r} has no names: write {', '.join(_TEXTS)} or extensionAttribute1"
    )


def principals(text: str) -> str:
    """Read whom a rule is for; empty means everybody."""
    if text and text not in _PRINCIPALS:
        raise ValueError(f"{text[:40]!r} is unknown: write {', '.join(_PRINCIPALS)}")
    return text or "all"


def rule_name(text: str) -> str:
    """Read the name by which `explain` calls a rule."""
    if text in _RESERVED:
        raise ValueError(f"{text!r} is a name of tollbook's own: choose another")
    return cells.filled(text)


def levels(text: str) -> int | None:
    """Read how many managers up a rule looks; empty means all."""
    number = cells.count(text) if text else None
    if number is not None and not 1 <= number <= DEFAULT_LEVELS:
        raise ValueError(
            f"{text} is not between 1 and {DEFAULT_LEVELS}: write how many managers up"
        )
    return number


def _rule_problems(row: Mapping[str, Any]) -> Iterator[str]:
    kind = row["attribute"]
    if kind in _NAMED:
        try:
            oid(row["value"] or "")
        except ValueError as error:
            yield f"value {error}"
    elif kind in _OTHERS and row["value"]:
        yield f"value says nothing to the attribute {kind}: leave it empty"
    if kind in _INHERITED and row["unit"]:
        yield f"unit is inherited by the attribute {kind}: leave it empty"
    if kind in _NAMED | {"always"} and not row["unit"]:
        yield f"unit is empty: name the unit that the attribute {kind} gives"
    if kind not in _LEVELLED and row["levels"] is not None:
        yield f"levels says nothing to the attribute {kind}: leave it empty"


def _unit_problems(row: Mapping[str, Any]) -> Iterator[str]:
    if row["unit"] == row["parent_unit"]:
        yield "parent_unit is the unit itself: remove the line, a unit without one is a root"


RULES = SeedTable(
    "ownership_rules.csv",
    {
        "position": cells.count,
        "rule": rule_name,
        "principals": principals,
        "attribute": attribute,
        "value": optional,
        "levels": levels,
        "unit": optional,
        **TIMES,
    },
    key=("position",),
    problems_of=_rule_problems,
)
UNIT_NAMES = SeedTable(
    "unit_names.csv",
    {"attribute": text_attribute, "value": cells.filled, "unit": cells.filled, **TIMES},
    key=("attribute", "value"),
)
CORRECTIONS = SeedTable(
    "unit_corrections.csv", {"oid": oid, "unit": cells.filled, **TIMES}, key=("oid",)
)
OWNERS = SeedTable("owners.csv", {"oid": oid, "owner_oid": oid, **TIMES}, key=("oid",))
UNITS = SeedTable(
    "units.csv",
    {"unit": cells.filled, "parent_unit": cells.filled, **TIMES},
    key=("unit",),
    problems_of=_unit_problems,
)
OWNERSHIP_SEEDS = (RULES, UNIT_NAMES, CORRECTIONS, OWNERS, UNITS)
