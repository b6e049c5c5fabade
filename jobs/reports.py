"""Every report there is: by what its rows can be, how they are read, and how they are shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jobs.adoption_table import show_adoption
from jobs.bridge_table import show_bridge
from jobs.report_table import show_table
from models.adoption import KEYS as ADOPTION_KEYS
from models.adoption import adoption
from models.bridge import KEYS as BRIDGE_KEYS
from models.chargeback import KEY_COLUMNS, chargeback, summands
from models.coverage import coverage
from models.errors import ReportError
from models.published import Answer
from models.reconciliation import reconciliation
from models.settings import Settings
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
    shown = set(_CHARGEBACK_COLUMNS)
    if all(record["billed_cost_usd"] is None for record in answer.records()):
        shown.remove("billed_cost_usd")
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


REPORTS: Mapping[str, Report] = {
    "chargeback": Report(
        _chargeback, _show_chargeback, tuple(KEY_COLUMNS), usual=("unit",), rolls_up=True
    ),
    "reconciliation": Report(
        _reconciliation,
        lambda asked, answer: show_bridge(answer, asked.title("reconciliation")),
        tuple(BRIDGE_KEYS),
    ),
    "coverage": Report(_coverage, _show_coverage, usual=("day",)),
    "adoption": Report(
        _adoption,
        lambda asked, answer: show_adoption(answer, list(asked.by), asked.title("adoption")),
        tuple(ADOPTION_KEYS),
        usual=("unit",),
    ),
}
