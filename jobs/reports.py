"""Every report there is: by what its rows can be, how they are read, and how they are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jobs.adoption_table import show_adoption
from jobs.bridge_table import show_bridge
from jobs.budget_table import show_budgets, show_forecasts
from jobs.economics_table import show_economics
from jobs.report_table import show_table
from models.adoption import KEYS as ADOPTION_KEYS
from models.adoption import adoption
from models.allocation_report import KEYS as ALLOCATION_KEYS
from models.allocation_report import allocation
from models.bridge import KEYS as BRIDGE_KEYS
from models.budgets import KEYS as BUDGET_KEYS
from models.budgets import budgets
from models.chargeback import KEY_COLUMNS, chargeback, summands
from models.coverage import coverage
from models.economics import KEYS as ECONOMICS_KEYS
from models.economics import economics
from models.errors import ReportError
from models.forecast_report import forecast_errors
from models.published import Answer
from models.reconciliation import reconciliation
from models.settings import Settings
from models.showback import showback
from models.viewer import operator

_CHARGEBACK_COLUMNS = (
    "label",
    "overlaps",
    "requests",
    "input_tokens",
    "output_tokens",
    "list_cost_usd",
    "cost_status",
    "cost_high_usd",
    "billed_cost_usd",
    "shared_cost_usd",
)
_COVERAGE_COLUMNS = (
    "requests",
    "gateway_requests",
    "without_caller",
    "without_usage_row",
    "without_gateway_row",
    "oldest_unmatched_hours",
    "throttled",
)
_ALLOCATION_NUMBERS = ("bearers", "ratio", "amount_usd", "billing_amount")


@dataclass(frozen=True)
class Question:
    """What is asked of a report."""

    settings: Settings
    month: str
    by: tuple[str, ...]
    roll_up: bool = False

    def title(self, name: str) -> str:
        """Return the line over a table of the answer."""
        return " by ".join([f"{name} {self.month}", *([", ".join(self.by)] if self.by else [])])


@dataclass(frozen=True)
class Report:
    """A report: `keys` are what --by may name, `usual` is used when it names nothing."""

    rows: Callable[[Question], Answer]
    show: Callable[[Question, Answer], None]
    keys: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    rolls_up: bool = False


def _chargeback(asked: Question) -> Answer:
    folder, viewer = asked.settings.publication_dir, operator(asked.settings)
    return chargeback(folder, viewer, month=asked.month, by=asked.by, roll_up=asked.roll_up)


def _show_chargeback(asked: Question, answer: Answer) -> None:
    title, adding_up = asked.title("chargeback"), summands(answer)
    if "group" in asked.by:
        rest = tuple(key for key in asked.by if key != "group") or ("unit",)
        adding_up = _chargeback(Question(asked.settings, asked.month, rest))
        title = f"{title} (groups overlap: the last line is the total, no sum)"
    keys = answer.columns[: answer.columns.index("label")]
    records = answer.records()
    unknown = {
        name
        for name in ("billed_cost_usd", "shared_cost_usd")
        if all(record[name] is None for record in records)
    }
    shown = set(_CHARGEBACK_COLUMNS) - unknown
    show_table(answer, title, adding_up, shown=shown, keys=keys)


def _reconciliation(asked: Question) -> Answer:
    folder, viewer = asked.settings.publication_dir, operator(asked.settings)
    return reconciliation(folder, viewer, month=asked.month, by=asked.by)


def _coverage(asked: Question) -> Answer:
    if asked.by != ("day",):
        raise ReportError("coverage is reported by day: leave --by out")
    return coverage(asked.settings.publication_dir, operator(asked.settings), month=asked.month)


def _show_coverage(asked: Question, answer: Answer) -> None:
    show_table(answer, asked.title("coverage"), answer, shown=_COVERAGE_COLUMNS, keys=("day",))


def _adoption(asked: Question) -> Answer:
    folder, viewer = asked.settings.publication_dir, operator(asked.settings)
    groups = asked.settings.pilot_group_ids
    return adoption(folder, viewer, month=asked.month, by=asked.by, rollout_groups=groups)


def _allocation(asked: Question) -> Answer:
    folder, viewer = asked.settings.publication_dir, operator(asked.settings)
    return allocation(folder, viewer, month=asked.month, by=asked.by)


def _show_allocation(asked: Question, answer: Answer) -> None:
    keys = [name for name in answer.columns if name not in _ALLOCATION_NUMBERS]
    for name in ("source", "oid"):
        keys = [key for key in keys if key != name]
    show_table(answer, asked.title("allocation"), answer, shown=_ALLOCATION_NUMBERS, keys=keys)


def _economics(asked: Question) -> Answer:
    settings = asked.settings
    return economics(
        settings.publication_dir,
        operator(settings),
        month=asked.month,
        by=asked.by,
        seeds_dir=settings.seeds_dir,
    )


def _budget(asked: Question) -> Answer:
    folder, viewer = asked.settings.publication_dir, operator(asked.settings)
    known_at = asked.settings.clock().now()
    return budgets(folder, viewer, month=asked.month, known_at=known_at, by=asked.by)


def _forecast(asked: Question) -> Answer:
    folder, viewer = asked.settings.publication_dir, operator(asked.settings)
    known_at = asked.settings.clock().now()
    return forecast_errors(folder, viewer, month=asked.month, known_at=known_at, by=asked.by)


def _showback(asked: Question) -> Answer:
    if asked.by:
        raise ReportError("showback is reported by unit: leave --by out")
    settings = asked.settings
    return showback(
        settings.publication_dir,
        operator(settings),
        month=asked.month,
        central_unit=settings.central_unit,
        is_charging=not settings.showback,
    )


def _show_showback(asked: Question, answer: Answer) -> None:
    is_showback = asked.settings.showback
    state = "nothing is posted, the central unit pays" if is_showback else "units are charged"
    numbers = [name for name in answer.columns if name.endswith("_usd") or name == "requests"]
    title = f"{asked.title('showback')} ({state})"
    show_table(answer, title, answer, shown=numbers, keys=("unit", "basis"))


REPORTS: Mapping[str, Report] = {
    "chargeback": Report(
        _chargeback, _show_chargeback, tuple(KEY_COLUMNS), usual=("unit",), rolls_up=True
    ),
    "reconciliation": Report(
        _reconciliation,
        lambda asked, answer: show_bridge(answer, asked.title("reconciliation")),
        tuple(BRIDGE_KEYS),
    ),
    "allocation": Report(_allocation, _show_allocation, ALLOCATION_KEYS, usual=("shared_cost",)),
    "showback": Report(_showback, _show_showback),
    "coverage": Report(_coverage, _show_coverage, usual=("day",)),
    "adoption": Report(
        _adoption,
        lambda asked, answer: show_adoption(answer, list(asked.by), asked.title("adoption")),
        tuple(ADOPTION_KEYS),
        usual=("unit",),
    ),
    "economics": Report(
        _economics,
        lambda asked, answer: show_economics(answer, asked.by, asked.title("economics")),
        ECONOMICS_KEYS,
        usual=("unit",),
    ),
    "budget": Report(
        _budget, lambda asked, answer: show_budgets(answer, asked.title("budget")), BUDGET_KEYS
    ),
    "forecast": Report(
        _forecast,
        lambda asked, answer: show_forecasts(answer, asked.title("forecast")),
        BUDGET_KEYS,
        usual=("total",),
    ),
}
