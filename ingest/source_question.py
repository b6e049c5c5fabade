"""One small question to a source, and the finding that its answer makes."""

from collections.abc import Callable
from dataclasses import dataclass

from ingest.refusal import RefusedError
from models.errors import SourceError
from models.finding import DoctorFinding, fail, ok

REFUSALS = frozenset({401, 403})
"""Statuses that mean: somebody answers there, and not to us."""


@dataclass(frozen=True)
class SourceQuestion:
    """What doctor asks of a source: `subject` is what it wants to read, `call` how.

    `remedy` says what to grant, and on what, when the call is refused.
    """

    area: str
    subject: str
    call: str
    remedy: str

    def put(self, ask: Callable[[], object]) -> DoctorFinding:
        """Return what comes of asking: whether it is permitted, or why there is no answer."""
        try:
            ask()
        except SourceError as error:
            return self.failure(error)
        return self.permitted()

    def permitted(self) -> DoctorFinding:
        """Return the finding for an answer."""
        return ok(self.area, "permission", f"{self.subject} can be read")

    def failure(self, error: SourceError) -> DoctorFinding:
        """Return the finding for an error: a refusal names the call and what to grant."""
        if isinstance(error, RefusedError) and error.status in REFUSALS:
            return fail(
                self.area,
                "permission",
                f"{self.subject}: {self.call} was refused with status {error.status}",
                self.remedy,
            )
        # A message ends with what to do.
        text, _, advice = str(error).rpartition(": ")
        return fail(self.area, "source", f"{self.subject}: {text or advice}", advice)


def grant(what: str) -> str:
    """Say to whom to grant it."""
    return f"grant tollbook's identity {what}"
