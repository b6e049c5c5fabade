"""The one source of "now". All times are UTC; in tables they are naive UTC timestamps."""

from dataclasses import dataclass, field
from datetime import UTC, datetime


def to_utc(moment: datetime) -> datetime:
    """Return `moment` in UTC; a time without an offset is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def parse_utc(text: str) -> datetime:
    """Read an RFC 3339 time. Raises ValueError on anything else."""
    return to_utc(datetime.fromisoformat(text.strip()))


def rfc3339(moment: datetime) -> str:
    """Write a time as RFC 3339 UTC with a `Z`; fractions only where there are any."""
    return to_utc(moment).isoformat().replace("+00:00", "Z")


@dataclass
class Clock:
    """Says what time it is: the machine's time, or a fixed time that only `move` changes."""

    fixed: datetime | None = field(default=None)

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return to_utc(self.fixed) if self.fixed else datetime.now(UTC)

    def move(self, to: datetime) -> None:
        """Fix the clock at `to`; the demo steps through recorded days this way."""
        self.fixed = to_utc(to)
