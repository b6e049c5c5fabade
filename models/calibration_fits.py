"""What was learned of a tenant's windows, kept in the warehouse, and which day uses which of it.

A calendar month that is over is learned from once and for all. Until then its days use what the 31
days before them taught, each day what it was first built with. So a late row changes its own day
and no other.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pyarrow as pa

from models.calibration.estimate import Knowledge
from models.calibration.knowledge_rows import KnowledgeRow, knowledge_of, rows_of
from models.calibration.platform import ClockReading
from models.errors import WarehouseError
from models.warehouse import Connection, scalar, transaction

_FIRM_CELLS = 50


@dataclass(frozen=True)
class Learned:
    """What a window taught, from how much of it; see `sql/warehouse/v3.sql` for the numbers."""

    knowledge: Knowledge
    reading: ClockReading
    requests: int
    alone_requests: int
    telling_cells: int


@dataclass(frozen=True)
class Fit:
    """A window that was learned from: [first_day, last_day], final once its month is over."""

    fit_id: int
    first_day: date
    last_day: date
    is_final: bool
    learned: Learned

    @property
    def is_firm(self) -> bool:
        """It rests on enough cells that even without totals an estimate means something."""
        return self.learned.telling_cells >= _FIRM_CELLS


@dataclass(frozen=True)
class Fits:
    """The fit of each day of a build, and of the days around it; a day without one is unknown."""

    of_day: Mapping[date, Fit] = field(default_factory=dict)

    def of(self, day: date) -> Fit | None:
        """Return the day's fit, else that of the day before: the day's own may not be made yet."""
        return self.of_day.get(day) or self.of_day.get(day - timedelta(days=1))


NO_FITS = Fits()


def days_of_window(connection: Connection, first_day: date, last_day: date) -> dict[date, int]:
    """Return every calibrated day of a span, with the id of its fit."""
    rows = connection.execute(
        "select usage_day, fit_id from warehouse.calibration.days where usage_day between ? and ?",
        [first_day, last_day],
    ).fetchall()
    return dict(rows)


def calibrated_days(connection: Connection, days: Collection[date]) -> set[date]:
    """Return which of some days were calibrated."""
    return set(days_of_window(connection, min(days), max(days))) & set(days) if days else set()


def read_fit(connection: Connection, fit_id: int) -> Fit:
    """Return a fit with all it knows."""
    row = connection.execute(
        "select first_day, last_day, is_final, counted_from, clock_offset_us, requests,"
        " alone_requests, telling_cells from warehouse.calibration.fits where fit_id = ?",
        [fit_id],
    ).fetchone()
    if row is None:
        raise WarehouseError(
            f"calibration {fit_id} is gone from the warehouse: restore a backup, or delete the rows"
            " of calibration.days and run `tollbook run build`"
        )
    numbers = connection.execute(
        "select part, first, second, third, value from warehouse.calibration.knowledge"
        " where fit_id = ?",
        [fit_id],
    ).fetchall()
    learned = Learned(
        knowledge_of(KnowledgeRow(*number) for number in numbers),
        ClockReading(row[3], row[4]),
        *row[5:],
    )
    return Fit(fit_id, row[0], row[1], row[2], learned)


def fit_of_window(
    connection: Connection, first_day: date, last_day: date, *, is_final: bool
) -> Fit | None:
    """Return the newest fit of exactly this window, None when it was not learned from."""
    fit_id = scalar(
        connection,
        "select max(fit_id) from warehouse.calibration.fits"
        " where first_day = ? and last_day = ? and is_final = ?",
        [first_day, last_day, is_final],
    )
    return None if fit_id is None else read_fit(connection, fit_id)


def record_fit(
    connection: Connection,
    first_day: date,
    last_day: date,
    learned: Learned,
    *,
    fitted_at: datetime,
    is_final: bool,
) -> Fit:
    """Keep what a window taught; return it as the fit it is from now on."""
    fit_id = int(
        scalar(connection, "select coalesce(max(fit_id), 0) + 1 from warehouse.calibration.fits")
    )
    with transaction(connection):
        connection.execute(
            "insert into warehouse.calibration.fits values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                fit_id,
                first_day,
                last_day,
                fitted_at.replace(tzinfo=None),
                is_final,
                learned.reading.counted_from,
                learned.reading.offset_us,
                learned.requests,
                learned.alone_requests,
                learned.telling_cells,
                learned.knowledge.sizes.noise,
            ],
        )
        columns = zip(*rows_of(learned.knowledge), strict=True)
        names = KnowledgeRow._fields
        connection.register("learned_numbers", pa.table(dict(zip(names, columns, strict=True))))
        connection.execute(
            "insert into warehouse.calibration.knowledge by name"
            f" select {fit_id} as fit_id, * from learned_numbers"
        )
        connection.unregister("learned_numbers")
    return Fit(fit_id, first_day, last_day, is_final, learned)


def note_days(connection: Connection, fits: Fits, days: Collection[date]) -> None:
    """Note with which fit days were calibrated; forget what no day rests on any more."""
    noted = [(day, fits.of_day[day].fit_id) for day in days if day in fits.of_day]
    if not noted:
        return
    with transaction(connection):
        connection.execute(
            "delete from warehouse.calibration.days where list_contains(?::date[], usage_day)",
            [sorted(days)],
        )
        connection.executemany("insert into warehouse.calibration.days values (?, ?)", noted)
        connection.execute(
            "delete from warehouse.calibration.knowledge where fit_id not in ("
            "select fit_id from warehouse.calibration.days union all"
            " select max(fit_id) from warehouse.calibration.fits union all"
            " select fit_id from warehouse.calibration.fits where is_final)"
        )
