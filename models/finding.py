"""What doctor says: one finding per question, each with what to do about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Severity = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class DoctorFinding:
    """One answer of one check; docs/gateway/checks.md says how each check is decided.

    `area` groups checks, `text` says what was seen, `advice` what to do. `count` is of requests
    unless the check counts something else; `since` and `last` are when it was seen first and last;
    `examples` are CorrelationIds.
    """

    area: str
    check: str
    severity: Severity
    text: str
    advice: str = ""
    count: int | None = None
    since: datetime | None = None
    last: datetime | None = None
    examples: tuple[str, ...] = ()


def ok(area: str, check: str, text: str, **seen: Any) -> DoctorFinding:
    """Return a finding that asks for nothing; `seen` are count, since, last, examples."""
    return DoctorFinding(area, check, "ok", text, **seen)


def warn(area: str, check: str, text: str, advice: str, **seen: Any) -> DoctorFinding:
    """Return a finding that somebody should look at; `seen` as for `ok`."""
    return DoctorFinding(area, check, "warn", text, advice, **seen)


def fail(area: str, check: str, text: str, advice: str, **seen: Any) -> DoctorFinding:
    """Return a finding that refutes a proof or means wrong figures; `seen` as for `ok`."""
    return DoctorFinding(area, check, "fail", text, advice, **seen)
