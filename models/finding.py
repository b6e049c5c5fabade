"""What doctor says: one finding per question, each with what to do about it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class DoctorFinding:
    """One answer: `area` groups it, `text` says what was seen, `advice` what to do."""

    area: str
    severity: Severity
    text: str
    advice: str = ""
    count: int | None = None


def ok(area: str, text: str, count: int | None = None) -> DoctorFinding:
    """Return a finding that asks for nothing."""
    return DoctorFinding(area, "ok", text, "", count)


def warn(area: str, text: str, advice: str, count: int | None = None) -> DoctorFinding:
    """Return a finding that somebody should look at."""
    return DoctorFinding(area, "warn", text, advice, count)


def fail(area: str, text: str, advice: str, count: int | None = None) -> DoctorFinding:
    """Return a finding without whose repair figures are missing or wrong."""
    return DoctorFinding(area, "fail", text, advice, count)
