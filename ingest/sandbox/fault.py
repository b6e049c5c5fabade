"""What every fault has: the requests it matches, and which of those it hits."""

import re
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic.dataclasses import dataclass as checked_dataclass

from ingest.sandbox.fault_request import FaultRequest, Service
from ingest.sandbox.workspace import parse_time

STRICT = ConfigDict(extra="forbid")


def _in_utc(value: object) -> datetime:
    moment = value if isinstance(value, datetime) else parse_time(value)
    if moment.tzinfo is None:
        raise ValueError("has no offset; write it as 2026-10-01T00:00:00Z")
    return moment.astimezone(UTC)


Text: TypeAlias = Annotated[str, Field(min_length=1)]
Count: TypeAlias = Annotated[int, Field(ge=0)]
Positive: TypeAlias = Annotated[int, Field(ge=1)]
_Time: TypeAlias = Annotated[datetime, BeforeValidator(_in_utc)]


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class BaseFault:
    """What all faults share: the requests they match, and which of those they hit.

    `skip` matching requests pass first; then each `every`-th is hit, `times` of them (0 = all).
    Only requests in [from, to) of the sandbox clock match.
    """

    kind: str
    service: Service | Literal["any"] = "any"
    path: re.Pattern[str] | None = None
    method: Text | None = None
    table: Text | None = None
    query: re.Pattern[str] | None = None
    skip: Count = 0
    times: Count = 0
    every: Positive = 1
    from_: _Time | None = Field(default=None, alias="from")
    to: _Time | None = None

    # The services that can show this kind; none = all.
    services: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        wrong = []
        if self.services and self.service not in ("any", *self.services):
            shown = " or ".join(self.services)
            wrong.append(f"{self.kind} is a fault of {shown}: name that service, or none")
        if self.table and self.service not in ("any", "logs"):
            wrong.append("only logs have tables: take table out, or write service = 'logs'")
        if self.from_ and self.to and self.to <= self.from_:
            wrong.append("to must lie after from")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def matches(self, asked: FaultRequest, now: datetime) -> bool:
        """Whether this fault is about `asked`, at sandbox time `now`."""
        return (
            self.service in ("any", asked.service)
            and (not self.services or asked.service in self.services)
            and (self.method is None or self.method.upper() == asked.method.upper())
            and (self.table is None or self.table in asked.names)
            and _found(self.path, asked.path, f"{asked.path}?{asked.query_string}")
            and _found(self.query, asked.text, asked.kql)
            and (self.from_ is None or now >= self.from_)
            and (self.to is None or now < self.to)
            and self.applies(asked)
        )

    def applies(self, asked: FaultRequest) -> bool:  # noqa: ARG002 (kinds that care override it)
        """Whether this kind of fault can befall `asked`, which is of one of its services."""
        return True


def _found(pattern: re.Pattern[str] | None, *texts: str) -> bool:
    return pattern is None or any(pattern.search(text) for text in texts)
