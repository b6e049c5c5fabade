"""The faults the sandbox can show: what each kind does, and which requests can suffer it.

One class per `kind`. The keys of a fault are the fields of its class; unknown keys are errors.
"""

import re
from http import HTTPStatus
from typing import Annotated, ClassVar, Literal, TypeAlias

from pydantic import Field, field_validator
from pydantic.dataclasses import dataclass as checked_dataclass

from ingest.sandbox.fault import STRICT, BaseFault, Count, Positive, Text
from ingest.sandbox.fault_request import FaultRequest
from ingest.sandbox.log_schema import KustoType

# Marks the link of an empty page: the page it leads to is the real one.
REAL_PAGE = "sandbox_page=real"

_LONGEST_S = 3600.0
_LARGEST_SKEW_S = 10 * 365 * 86_400.0
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_DELTA = re.compile(r"/v1\.0/\w+/delta(\(\))?$")
_TOKEN = re.compile(r"(?:\$|%24)(?:delta|skip)token=(?!latest\b)[^&]", re.IGNORECASE)
_LISTING = re.compile(
    r"/v1\.0/(?:[A-Za-z]+(?:/delta(?:\(\))?)?|directory/deletedItems/[\w.]+"
    r"|.+/(?:members|transitiveMembers|appRoleAssignedTo)(?:/[\w.]+)?)$"
)

_Seconds: TypeAlias = Annotated[float, Field(ge=0, le=_LONGEST_S)]


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Status(BaseFault):
    """Another answer: `body` is `azure` (the service's own error), `html`, `empty` or a text."""

    kind: Literal["status"]
    status: Annotated[int, Field(ge=200, le=599)]
    retry_after: Count | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    body: str = "azure"

    @field_validator("status")
    @classmethod
    def _known_status(cls, value: int) -> int:
        if value not in list(HTTPStatus):
            raise ValueError("is no HTTP status; write one like 429")
        return value

    @field_validator("headers")
    @classmethod
    def _sendable(cls, value: dict[str, str]) -> dict[str, str]:
        for name, text in value.items():
            if not _HEADER_NAME.fullmatch(name) or not text.isprintable() or not text.isascii():
                raise ValueError(f"{name[:40]!r} cannot be sent: use plain ASCII without line ends")
        return value


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Delay(BaseFault):
    """The right answer, `seconds` late."""

    kind: Literal["delay"]
    seconds: _Seconds


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Trickle(BaseFault):
    """The right answer, in pieces of `bytes` with `seconds` between them."""

    kind: Literal["trickle"]
    bytes: Positive
    seconds: _Seconds


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Drop(BaseFault):
    """The connection is reset before any answer."""

    kind: Literal["drop"]


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Reset(BaseFault):
    """The connection is reset after `bytes` of the body, as it is sent (compressed or not)."""

    kind: Literal["reset"]
    bytes: Count


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Truncate(BaseFault):
    """A well-formed answer whose uncompressed body ends after `bytes`."""

    kind: Literal["truncate"]
    bytes: Count


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class ClockSkew(BaseFault):
    """The service's clock is `seconds` ahead (negative: behind)."""

    kind: Literal["clock_skew"]
    seconds: Annotated[float, Field(ge=-_LARGEST_SKEW_S, le=_LARGEST_SKEW_S)]


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class ExpiredToken(BaseFault):
    """The caller's token is refused as expired."""

    kind: Literal["expired_token"]

    services: ClassVar[tuple[str, ...]] = ("logs", "graph", "metrics", "costs", "blobs")


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class _LogFault(BaseFault):
    """A fault of Log Analytics queries."""

    services: ClassVar[tuple[str, ...]] = ("logs",)

    def applies(self, asked: FaultRequest) -> bool:
        """A body without a query is refused by the service itself."""
        return bool(asked.kql)


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Partial(_LogFault):
    """The first `rows` rows and a PartialError.

    With `wider_than_seconds`, only where the query spans more ingestion time, or any.
    """

    kind: Literal["partial"]
    rows: Count
    wider_than_seconds: Annotated[float, Field(ge=0)] | None = None

    def applies(self, asked: FaultRequest) -> bool:
        """Whether the query is wide enough."""
        if not asked.kql or self.wider_than_seconds is None:
            return bool(asked.kql)
        return asked.window_seconds is None or asked.window_seconds > self.wider_than_seconds


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class DuplicateRows(_LogFault):
    """Every `every_row`-th row comes twice, one after the other."""

    kind: Literal["duplicate_rows"]
    every_row: Positive = 1


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class ReorderRows(_LogFault):
    """Rows come in another order, the same one for the same `seed` and number of rows."""

    kind: Literal["reorder_rows"]
    seed: int = 1


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class HideTable(_LogFault):
    """The workspace does not have `table`."""

    kind: Literal["hide_table"]
    table: Text = Field()


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class AddColumn(_LogFault):
    """Results from `table` end with one more column, `value` in every row."""

    kind: Literal["add_column"]
    table: Text = Field()
    column: Text
    type: KustoType = "string"
    value: str | int | float | bool | None = None


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class DropColumn(_LogFault):
    """`table` has lost `column`: a query that names it is refused, others no longer show it."""

    kind: Literal["drop_column"]
    table: Text = Field()
    column: Text


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class Gone(BaseFault):
    """A delta or next link is too old: 410, and the address of a full synchronization."""

    kind: Literal["gone"]

    services: ClassVar[tuple[str, ...]] = ("graph",)

    def applies(self, asked: FaultRequest) -> bool:
        """Only a link can be too old; the first request of a round carries none."""
        return bool(_DELTA.match(asked.path) and _TOKEN.search(asked.query_string))


@checked_dataclass(frozen=True, kw_only=True, config=STRICT)
class EmptyPage(BaseFault):
    """A page without items whose next link leads to the real page."""

    kind: Literal["empty_page"]

    services: ClassVar[tuple[str, ...]] = ("graph",)

    def applies(self, asked: FaultRequest) -> bool:
        """Only listings have pages, and the real page is not emptied again."""
        return bool(_LISTING.match(asked.path)) and REAL_PAGE not in asked.query_string


Fault: TypeAlias = Annotated[
    Status
    | Delay
    | Trickle
    | Drop
    | Reset
    | Truncate
    | Partial
    | ClockSkew
    | DuplicateRows
    | ReorderRows
    | HideTable
    | AddColumn
    | DropColumn
    | Gone
    | EmptyPage
    | ExpiredToken,
    Field(discriminator="kind"),
]
