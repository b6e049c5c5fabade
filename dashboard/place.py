"""Where somebody is on the chargeback page. A place is a link, so any view can be mailed."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from models.errors import ReportError
from models.published import month_days

LABELS = ("unattributed", "unmetered", "unpriced")
BESIDE_LABELS = ("outside_gateway", "pool")
"""Of what the platform counted beyond the log: there is no request below such a row."""
BILL_LABELS = ("residual", "correction")
"""Rows of the invoice and of no request: what they are made of is on the page Bridge."""

WITHOUT_LABEL = "none"
BRIDGE = "bridge"
ADOPTION = "adoption"
LONGEST_UNIT_IN_LINK = 200
_PAGE = re.compile(r"[1-9][0-9]{0,6}")
_OID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What names a caller to who sees no names.
_PSEUDONYM = re.compile(r"(Person|Service) [0-9]{5,10}")


@dataclass(frozen=True)
class Place:
    """A month and, step by step, a unit, a caller, a day and a request in it.

    None means "not chosen". `label` keeps rows with one label, WITHOUT_LABEL those without any;
    `view` is BRIDGE or ADOPTION on those pages, which know the month alone.
    """

    month: str
    unit: str | None = None
    label: str | None = None
    oid: str | None = None
    day: str | None = None
    request: str | None = None
    page: int = 1
    view: str | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """The query parameters of this place."""
        chosen = {name: str(value) for name, value in vars(self).items() if value is not None}
        if self.page == 1:
            del chosen["page"]
        return chosen

    @property
    def link(self) -> str:
        """The address of this place, relative to the page."""
        return "?" + urlencode(self.parameters)

    @property
    def lists(self) -> str:
        """What the table shows here: "unit", "user", "day" or "request"."""
        if self.day:
            return "request"
        # Without a caller there is nobody to list between the unit and its days.
        if self.oid or self.label in ("unattributed", *BESIDE_LABELS):
            return "day"
        return "user" if self.unit else "unit"

    @property
    def days(self) -> tuple[date, date]:
        """The first and last day in view."""
        if self.day:
            return date.fromisoformat(self.day), date.fromisoformat(self.day)
        return month_days(self.month)

    def at(self, **steps: str | int | None) -> "Place":
        """Return this place with some steps changed, on its first page unless one is given."""
        return replace(self, **({"page": 1} | steps))  # type: ignore[arg-type]  # names of fields


def read_place(
    parameters: Mapping[str, str], months: Sequence[str], newest: str | None = None
) -> Place:
    """Read a place from a link; without a month, `newest`, else the last of `months`.

    Raises ReportError that says what is wrong with the link and what it may hold.
    """
    given = {name: value for name, value in parameters.items() if value.strip()}
    month = given.get("month", newest or months[-1])
    if month not in months:
        raise ReportError(
            f"The link asks for the month {_shown(month)}. Published are: {', '.join(months)}."
            " Choose one of them."
        )
    place = Place(
        month=month,
        unit=given.get("unit"),
        label=_label(given.get("label")),
        oid=_oid(given.get("oid")),
        day=_day(given.get("day"), month),
        request=given.get("request"),
        page=_page(given.get("page", "1")),
        view=_view(given.get("view")),
    )
    if place.request and len(place.request) > 200:
        raise ReportError("The link's request is no CorrelationId. Open the request from its day.")
    return place


def unit_in_link(unit: str) -> str:
    """Return how a link names a unit: its name, or the hash of a name too long for an address."""
    if len(unit) <= LONGEST_UNIT_IN_LINK:
        return unit
    return f"sha256:{hashlib.sha256(unit.encode()).hexdigest()}"


def _label(text: str | None) -> str | None:
    known = (*LABELS, *BESIDE_LABELS)
    if text is None or text in (WITHOUT_LABEL, *known):
        return text
    raise ReportError(
        f"The link asks for the label {_shown(text)}. Labels are {', '.join(known)}, and"
        f" {WITHOUT_LABEL} for rows without one."
    )


def _view(text: str | None) -> str | None:
    if text in (None, BRIDGE, ADOPTION):
        return text
    raise ReportError(
        f"The link asks for the view {_shown(text or '')}. There are {BRIDGE} and {ADOPTION};"
        " without a view it is the chargeback."
    )


def _oid(text: str | None) -> str | None:
    if text is None or _PSEUDONYM.fullmatch(text):
        return text
    if _OID.fullmatch(text.lower()):
        return text.lower()
    raise ReportError(
        f"The link's oid {_shown(text)} is no object id (8-4-4-4-12 hexadecimal digits)."
        " Open the person from a unit."
    )


def _day(text: str | None, month: str) -> str | None:
    if text is None:
        return None
    try:
        day = date.fromisoformat(text).isoformat()
    except ValueError:
        day = ""
    if not day.startswith(month):
        raise ReportError(
            f"The link's day {_shown(text)} is no day of {month}. Write it as {month}-01."
        )
    return day


def _page(text: str) -> int:
    if _PAGE.fullmatch(text):
        return int(text)
    raise ReportError(f"The link's page {_shown(text)} is no page number. Start at page=1.")


def _shown(text: str) -> str:
    return f"“{text}”" if len(text) <= 60 else f"“{text[:60]}…”"
