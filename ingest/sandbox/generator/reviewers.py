"""What the simulated company's reviewers wrote: units, how shared costs are split, and budgets."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ingest.sandbox.generator.catalog import DAY_MS, utc_text
from ingest.sandbox.generator.company import Company

_BACKDATED_MS = 3 * DAY_MS
_REVIEWED_AFTER_MS = DAY_MS
_TIMES = ("valid_from", "valid_to", "recorded_from", "recorded_to")
_COMPANY = "Contoso"
_SIMULATED = "simulated review"
_ALWAYS = ("",) * len(_TIMES)

# Patterns of meters, resource groups and resources; what only the last fits is not shared.
_SHARED_COSTS = (
    ("10", "gateway", "api management", "", ""),
    ("20", "logs", "log analytics", "", ""),
    ("30", "network", "virtual network", "^claude$", ""),
    ("90", "", ".", "", ""),
)
_POLICIES = (
    ("gateway", "requests", "Unassigned", ""),
    ("logs", "bytes", "Unassigned", ""),
    ("network", "even", "Unassigned", ""),
)
# Months of a few people stay below these; of 200, the whole company's is nearly used up.
_COMPANY_BUDGET_USD, _UNIT_BUDGET_USD = "4500", "250"
_BUDGETED_UNITS = 3


@dataclass(frozen=True)
class Correction:
    """Finance's word that a person (by index) was in a unit before the directory said so."""

    person: int
    unit: str
    from_ms: int
    until_ms: int
    reviewed_ms: int


def backdated(person: int, unit: str, moved_ms: int, starts_ms: int, ends_ms: int) -> Correction:
    """Return that a person seen moving at a time had been in the new unit for three days."""
    since = (moved_ms - _BACKDATED_MS) // DAY_MS * DAY_MS
    reviewed = min(moved_ms + _REVIEWED_AFTER_MS, ends_ms)
    return Correction(person, unit, max(starts_ms, since), moved_ms, reviewed)


def answerable(company: Company) -> tuple[int, int]:
    """Return a service and the person (callers by index) who answers for it."""
    return len(company.people), 1


def write_reviews(
    folder: Path, company: Company, corrections: Sequence[Correction], departments: Sequence[str]
) -> None:
    """Write corrections, owners, the tree of units, how shared costs are split, and budgets.

    `departments` are those of the whole recording, with the names they got during it.
    """
    service, owner = answerable(company)
    _write(
        folder / "unit_corrections.csv",
        ("oid", "unit"),
        [
            (
                company.oids[one.person],
                one.unit,
                utc_text(one.from_ms),
                utc_text(one.until_ms),
                utc_text(one.reviewed_ms),
                "",
            )
            for one in corrections
        ],
    )
    owners = [(company.oids[service], company.oids[owner], *_ALWAYS)]
    _write(folder / "owners.csv", ("oid", "owner_oid"), owners)
    parents = dict.fromkeys(departments, _COMPANY) | {
        person.cost_center.strip(): person.department
        for person in company.people
        if person.department and person.cost_center and person.cost_center.strip()
    }
    tree = [(unit, parent, *_ALWAYS) for unit, parent in sorted(parents.items())]
    _write(folder / "units.csv", ("unit", "parent_unit"), tree)
    _write(
        folder / "shared_costs.csv",
        ("position", "shared_cost", "meter", "resource_group", "resource"),
        [(*rule, *_ALWAYS) for rule in _SHARED_COSTS],
    )
    _write(
        folder / "allocation_policies.csv",
        ("shared_cost", "method", "unit", "idle_unit"),
        [(*policy, *_ALWAYS) for policy in _POLICIES],
    )
    budgeted = sorted(unit for unit in parents if unit not in departments)[:_BUDGETED_UNITS]
    _write(
        folder / "budgets.csv",
        ("subject_kind", "subject", "period", "amount_usd", "thresholds"),
        [
            ("total", "", "month", _COMPANY_BUDGET_USD, "0.8;1", *_ALWAYS),
            *(("unit", unit, "month", _UNIT_BUDGET_USD, "0.8;1", *_ALWAYS) for unit in budgeted),
        ],
    )


def _write(path: Path, keys: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*keys, *_TIMES, "source"])
        writer.writerows([*row, _SIMULATED] for row in rows)
