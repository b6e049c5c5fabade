"""Daily costs of units, users, models and groups out of a publication, as arrays for a forecast."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from models.day_shape import Flags, Floats, Ints
from models.errors import PublicationError
from models.forecast import Past
from models.holiday_calendars import EVERYWHERE, free_days
from models.publication import Manifest
from models.published import FIRST_DAY, Published, month_days, reading
from models.roll_up import grow
from models.sql_files import sql
from models.viewer import Viewer
from models.warehouse import Connection, build, define, scalar

HISTORY_DAYS = 400
"""How many days of the past a forecast looks at: thirteen months."""

_DAY = timedelta(days=1)
_MICRO = 1_000_000


@dataclass(frozen=True)
class Moment:
    """A month as far as it is known: naive UTC, half-open, known from its begin up to `until`."""

    month_from: datetime
    month_to: datetime
    until: datetime

    @property
    def whole_days_end(self) -> date:
        """The first day that is not known to its end."""
        return self.until.date()

    @property
    def last_day(self) -> date:
        """The last day of the month of which something is known."""
        moment = max(self.until, self.month_from + timedelta(microseconds=1))
        return (moment - timedelta(microseconds=1)).date()

    def ahead(self, end: date) -> Floats:
        """Return of each day from `until` to before `end` the share that is still to come."""
        shares = np.ones(max((end - self.whole_days_end).days, 0))
        midnight = datetime.combine(self.whole_days_end, datetime.min.time())
        shares[:1] -= (self.until - midnight) / _DAY
        return shares


@dataclass(frozen=True)
class Known:
    """Daily costs from `first_day` on, of whole days; calendars go on to the last day asked for."""

    first_day: date
    costs: Floats
    peers: Floats
    calendar: Ints
    is_holiday: Flags

    def past(self, days: int, ahead: int, chosen: Ints, kind: Ints) -> Past:
        """Return what some series knew after so many days, for a forecast of the days ahead.

        `kind` is that of every series, chosen or not.
        """
        begin = max(0, days - HISTORY_DAYS)
        return Past(
            costs=self.costs[begin:days, chosen],
            peers=self.peers[begin:days],
            calendar=self.calendar[chosen],
            kind=kind[chosen],
            weekday=(np.arange(begin, days + ahead) + self.first_day.weekday()) % 7,
            is_holiday=self.is_holiday[begin : days + ahead],
        )


def moment_of(state: Manifest, month: str) -> Moment:
    """Return how much of a month (YYYY-MM) is known. Raises PublicationError when nothing is."""
    first_day, last_day = month_days(month)
    days = [day for day in state.days if day[:7] == month]
    if not days:
        published = ", ".join(state.months()) or "no month"
        raise PublicationError(f"nothing is published of {month}; published: {published}")
    begins, ends = _midnight(first_day), _midnight(last_day + _DAY)
    last = _midnight(date.fromisoformat(max(days)))
    # Of a last day that was not read to its end something is known, and something is to come.
    read = state.data_until.replace(tzinfo=None) if state.data_until else last + _DAY
    return Moment(begins, ends, min(ends, max(read, last)))


@contextmanager
def reading_costs(
    folder: Path, viewer: Viewer, state: Manifest, moment: Moment
) -> Iterator[Published]:
    """Open everything published up to a month's end, with the tree of units and what is hidden.

    A part of few people in the month stays hidden, however many it had before.
    """
    last_day = (moment.month_to - _DAY).date()
    shown = _shown_in(folder, viewer, state, moment) if viewer.merges_small_parts else ()
    with reading(
        folder,
        viewer,
        first_day=FIRST_DAY,
        last_day=last_day,
        manifest=state,
        is_allocated=False,
    ) as published:
        connection = published.connection
        connection.execute("create schema budgets")
        if viewer.merges_small_parts:
            marks = ", ".join(["(?, ?)"] * len(shown)) or "(null, null)"
            connection.execute(
                f"delete from shown_parts where (kind, part_id) not in ({marks})",
                [value for part in shown for value in part],
            )
        hidden = "hidden_parts" if viewer.merges_small_parts else "no_hidden_parts"
        build(connection, "budgets.hidden_parts", f"budgets/{hidden}")
        grow(connection, "unit")
        build(connection, "roll_up.group_stretches")
        yield published


def _shown_in(
    folder: Path, viewer: Viewer, state: Manifest, moment: Moment
) -> Sequence[tuple[str, int]]:
    first_day, last_day = moment.month_from.date(), (moment.month_to - _DAY).date()
    with reading(
        folder,
        viewer,
        first_day=first_day,
        last_day=last_day,
        manifest=state,
        is_allocated=False,
    ) as published:
        found: Sequence[tuple[str, int]] = published.connection.execute(
            "select kind, part_id from shown_parts"
        ).fetchall()
        return found


def build_costs(connection: Connection) -> None:
    """Build the daily costs of the series in `budgets.subjects`, and what they are made of."""
    define(connection, "budgets.used")
    build(connection, "budgets.covers")
    kinds = connection.execute("select distinct subject_kind from budgets.subjects").fetchall()
    rows = [f"(\n{sql(f'budgets/costs_of_{kind}')}\n)" for (kind,) in sorted(kinds)]
    connection.execute("create table budgets.costs as\n" + "\nunion all\n".join(rows))


def known_costs(
    published: Published,
    moment: Moment,
    end: date,
    series: int,
    known_at: datetime,
    *,
    since: date | None = None,
) -> Known:
    """Read the series' daily costs, and everybody's by calendar; calendars go on to before `end`.

    `known_at` says which calendars were known. What is older than a forecast looks back is left
    out, unless `since` names a first day.
    """
    to = moment.whole_days_end
    earliest = scalar(published.connection, "select min(usage_day) from budgets.used") or to
    first_day = min(to, since or max(earliest, to - timedelta(days=HISTORY_DAYS)))
    span = {"history_from": first_day, "history_to": to, "known_at": known_at}
    for name, value in span.items():
        published.connection.execute(f"set variable {name} = $value", {"value": value})
    lines = published.query("budgets/known_calendars").records()
    columns, is_holiday = free_days(lines, first_day, max((end - first_day).days, 1))
    days = (to - first_day).days
    costs, peers = np.zeros((days, series)), np.zeros((days, is_holiday.shape[1]))
    used = _columns(published, "history")
    costs[used["day"], used["series_id"]] = used["cost_micro_usd"] / _MICRO
    used = _columns(published, "peers")
    cost = used["cost_micro_usd"] / _MICRO
    np.add.at(peers, (used["day"], _calendars(used["unit"], columns)), cost)
    homes = [unit for _, unit in published.query("budgets/homes").rows]
    return Known(
        first_day=first_day,
        # What is credited back makes no day worth less than nothing.
        costs=np.maximum(costs, 0, out=costs),
        peers=np.maximum(peers, 0, out=peers),
        calendar=_calendars(homes, columns),
        is_holiday=is_holiday,
    )


def _columns(published: Published, name: str) -> Mapping[str, Any]:
    # Millions of rows: arrays, where rows of Python objects would take longer than the forecast.
    found: Mapping[str, Any] = published.connection.execute(sql(f"budgets/{name}")).fetchnumpy()
    return found


def _calendars(units: Sequence[Any] | Any, columns: Mapping[str, int]) -> Ints:
    others = columns[EVERYWHERE]
    return np.array([columns.get(str(unit), others) for unit in units], dtype=np.int64)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())
