"""The body of a Cost Management query, read and checked, and the table that answers it.

Actual and amortized cost are the same rows here: they differ for commitments only, which recorded
workspaces do not have. A week starts on Monday.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any, TypeAlias

from ingest.sandbox.azure_request import RefusedError, bad_request
from ingest.sandbox.cost_dimensions import DIMENSIONS, MEASURES, measured
from ingest.sandbox.cost_rows import CURRENCY, CostRow
from ingest.sandbox.workspace import JsonObject

CostFilter: TypeAlias = Callable[[CostRow], bool]

_TYPES = ("ActualCost", "AmortizedCost")
_FILTERS = ("and", "or", "dimensions")
_SUM_DIGITS = 200


@dataclass(frozen=True)
class CostQuestion:
    """A query: both days included; `granularity` is Daily, Monthly or None."""

    first: date
    last: date
    granularity: str
    measures: tuple[str, ...]
    grouping: tuple[str, ...]
    filter: CostFilter


@dataclass(frozen=True)
class CostTable:
    """An answer: columns as (name, type), rows with exact decimals."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]


def read_cost_question(body: JsonObject, now: datetime) -> CostQuestion:
    """Read the body of a query asked at `now`; raises RefusedError (400)."""
    _require_known(body, {"type", "timeframe", "timePeriod", "dataset"}, "query")
    if body.get("type") not in _TYPES:
        raise _invalid(f"Invalid type '{_shown(body.get('type'))}'; valid values: {_TYPES}")
    dataset = body.get("dataset")
    if not isinstance(dataset, dict):
        raise bad_request("Invalid query definition, Dataset is invalid or not supplied.")
    _require_known(dataset, {"granularity", "aggregation", "grouping", "filter"}, "dataset")
    granularity = dataset.get("granularity") or "None"
    if granularity not in ("Daily", "Monthly", "None"):
        raise _invalid(f"Invalid dataset granularity '{_shown(granularity)}'")
    first, last = _days(body, now.date())
    return CostQuestion(
        first=first,
        last=last,
        granularity=granularity,
        measures=_measures(dataset.get("aggregation")),
        grouping=_grouping(dataset.get("grouping")),
        filter=_filter(dataset.get("filter")),
    )


def answer_cost_question(rows: list[CostRow], question: CostQuestion) -> CostTable:
    """Add `rows` up: a row per date, group and currency, in that order."""
    groups: dict[tuple[Any, ...], list[CostRow]] = defaultdict(list)
    for row in rows:
        if question.first <= row.day <= question.last and question.filter(row):
            groups[_key(row, question)].append(row)
    dates = {
        "Daily": (("UsageDate", "Number"),),
        "Monthly": (("BillingMonth", "Datetime"),),
    }.get(question.granularity, ())
    columns = (
        *((name, "Number") for name in question.measures),
        *dates,
        *((name, "String") for name in question.grouping),
        ("Currency", "String"),
    )
    table = [
        (*(_sum(members, measure) for measure in question.measures), *key)
        for key, members in sorted(groups.items())
    ]
    return CostTable(columns, table)


def _key(row: CostRow, question: CostQuestion) -> tuple[Any, ...]:
    dates: tuple[Any, ...] = ()
    if question.granularity == "Daily":
        dates = (int(row.day.strftime("%Y%m%d")),)
    elif question.granularity == "Monthly":
        dates = (row.day.strftime("%Y-%m-01T00:00:00"),)
    groups = (row.text(DIMENSIONS[name]) for name in question.grouping)
    return (*dates, *groups, row.text(CURRENCY))


def _sum(rows: list[CostRow], measure: str) -> Decimal | None:
    """The exact sum; None when no row says anything."""
    amounts = [amount for row in rows if (amount := measured(row, measure)) is not None]
    with localcontext(prec=_SUM_DIGITS):
        return sum(amounts, Decimal()) if amounts else None


def _days(body: JsonObject, today: date) -> tuple[date, date]:
    """First and last day of the time frame."""
    month = today.replace(day=1)
    before = month - timedelta(days=1)
    next_month = (month + timedelta(days=31)).replace(day=1)
    frames = {
        "MonthToDate": (month, today),
        "BillingMonthToDate": (month, today),
        "TheCurrentMonth": (month, next_month - timedelta(days=1)),
        "TheLastMonth": (before.replace(day=1), before),
        "TheLastBillingMonth": (before.replace(day=1), before),
        "WeekToDate": (today - timedelta(days=today.weekday()), today),
    }
    frame, period = body.get("timeframe"), body.get("timePeriod")
    if frame in frames and period is None:
        return frames[frame]
    if frame != "Custom" or not isinstance(period, dict):
        raise _invalid(
            f"Invalid timeframe '{_shown(frame)}'; valid values: 'Custom' with a timePeriod, "
            f"without one {', '.join(frames)}"
        )
    _require_known(period, {"from", "to"}, "timePeriod")
    first, last = (_day(period.get(name)) for name in ("from", "to"))
    if first > last:
        raise _invalid("timePeriod ends before it starts")
    return first, last


def _day(value: object) -> date:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None:
        raise _invalid("timePeriod needs 'from' and 'to' like 2026-10-01T00:00:00Z")
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


def _measures(value: object) -> tuple[str, ...]:
    if not isinstance(value, dict) or not value:
        raise _invalid("Dataset needs an aggregation like {'totalCost': {'name': 'Cost', ...}}")
    names: list[str] = []
    for aggregation in value.values():
        known = {name.lower(): name for name in MEASURES}
        name = aggregation.get("name") if isinstance(aggregation, dict) else None
        if not isinstance(name, str) or name.lower() not in known:
            raise _invalid(
                f"Invalid dataset aggregation: '{_shown(name)}'; valid values: {_quoted(MEASURES)}"
            )
        if aggregation.get("function") != "Sum" or len(aggregation) != 2:
            raise _invalid("The function of an aggregation must be 'Sum'")
        names.append(known[name.lower()])
    return tuple(dict.fromkeys(names))


def _grouping(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise _invalid("Dataset grouping must be a list of {'type', 'name'}")
    for one in value:
        if one.get("type") != "Dimension":
            raise _invalid("The sandbox groups by {'type': 'Dimension', 'name': ...} only")
    return tuple(dict.fromkeys(_dimension(one.get("name"), "grouping") for one in value))


def _filter(value: object) -> CostFilter:
    if value is None:
        return lambda _: True
    if not isinstance(value, dict) or len(value) != 1 or not value.keys() <= set(_FILTERS):
        raise _invalid(f"A dataset filter must have one of {_quoted(_FILTERS)}")
    kind, content = next(iter(value.items()))
    if kind == "dimensions":
        return _dimension_filter(content)
    if not isinstance(content, list) or len(content) < 2:
        raise _invalid(f"A dataset filter '{kind}' must have at least 2 items")
    parts = [_filter(part) for part in content]
    combined = all if kind == "and" else any
    return lambda row: combined(part(row) for part in parts)


def _dimension_filter(content: object) -> CostFilter:
    if not isinstance(content, dict) or content.get("operator") != "In":
        raise _invalid("A dimensions filter needs the operator 'In'")
    columns = DIMENSIONS[_dimension(content.get("name"), "filter")]
    values = content.get("values")
    if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
        raise _invalid("A dimensions filter needs 'values', a list of texts")
    wanted = {one.lower() for one in values}
    return lambda row: row.text(columns).lower() in wanted


def _dimension(name: object, use: str) -> str:
    known = {known.lower(): known for known in DIMENSIONS}
    if not isinstance(name, str) or name.lower() not in known:
        raise _invalid(
            f"Invalid dataset {use}: '{_shown(name)}'; valid values: {_quoted(DIMENSIONS)}"
        )
    return known[name.lower()]


def _require_known(given: JsonObject, known: set[str], where: str) -> None:
    for name in given.keys() - known:
        if given[name] is not None:
            raise _invalid(f"The sandbox does not know '{_shown(name)}' in a {where}")


def _invalid(what: str) -> RefusedError:
    return bad_request(f"Invalid query definition: {what}.")


def _shown(value: object) -> str:
    return str(value)[:80]


def _quoted(names: Any) -> str:
    return ",".join(f"'{name}'" for name in names)
