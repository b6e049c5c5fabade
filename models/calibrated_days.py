"""Calibrates usage days on the warehouse's connection: columns out, estimates in."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import numpy as np
from threadpoolctl import threadpool_limits

from models.calibration.arrays import Ints
from models.calibration.booking import DAY_US, Booked, Stretch, booked, counted_by_dawn, stretches
from models.calibration.booking_columns import cell_columns, request_columns
from models.calibration.cells import cells
from models.calibration.estimate import learn
from models.calibration.placing import Candidates, placed
from models.calibration.platform import ClockReading, PlatformMinutes, clock_reading
from models.calibration.traffic import Traffic
from models.calibration_fits import Fit, Fits, Learned
from models.warehouse import Connection, build, run

_DAY = timedelta(days=1)
# Each stretch in work has its columns in memory several times over.
_MOST_THREADS = 4


def calibrate_days(connection: Connection, first_day: date, last_day: date, fits: Fits) -> None:
    """Make `ledger.calibrated` and `ledger.cells` of [first_day, last_day].

    Empty where nothing was learned. What begins on the last day and ends on the next is counted
    there, in a stretch that both days work out alike.
    """
    found: list[Booked] = []
    if any(fits.of(day) for day in _days(first_day, last_day + _DAY)):
        build(connection, "ledger.traffic")
        minutes = platform_minutes(connection)
        candidates = Candidates(**_columns(connection, "calibration/candidates"))
        traffic = placed(shown_traffic(connection, fits), minutes, candidates)
        found = _all_booked(traffic, minutes, list(_stretches(first_day, last_day, fits)))
    else:
        build(connection, "ledger.traffic", "calibration/no_traffic")
    for name, table in {"rows": request_columns(found), "cells": cell_columns(found)}.items():
        connection.register(f"calibrated_{name}", table)
    build(connection, "ledger.calibrated")
    build(connection, "ledger.cells")
    for name in ("rows", "cells"):
        connection.unregister(f"calibrated_{name}")


def _all_booked(
    traffic: Traffic, minutes: PlatformMinutes, wanted: Sequence[tuple[Stretch, Fit]]
) -> list[Booked]:
    """Book stretches side by side: none looks at what another comes to."""

    def one(stretch: Stretch, fit: Fit) -> Booked:
        return booked(traffic, minutes, stretch, fit.learned.knowledge, is_firm=fit.is_firm)

    # Threads of the linear algebra would only wait in a loop for those that work.
    with (
        threadpool_limits(limits=1, user_api="blas"),
        ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_THREADS)) as threads,
    ):
        return list(threads.map(one, *zip(*wanted, strict=True)))


def shown_traffic(connection: Connection, fits: Fits) -> Traffic:
    """Return the requests of `ledger.traffic`; a day's clock is read as its fit says."""
    columns = _columns(connection, "calibration/traffic")
    columns.pop("row_number")
    started_us = columns["started_us"]
    counted_us = columns["ended_us"].copy()
    for midnight_us in np.unique(started_us // DAY_US * DAY_US):
        fit = fits.of(_day_of(int(midnight_us)))
        reading = fit.learned.reading if fit else ClockReading()
        of_day = (started_us >= midnight_us) & (started_us < midnight_us + DAY_US)
        counted_us[of_day] = reading.of(started_us, columns["ended_us"])[of_day]
    return Traffic(counted_us=counted_by_dawn(started_us, counted_us), **columns)


def platform_minutes(connection: Connection) -> PlatformMinutes:
    """Return what the platform counted in the window."""
    return PlatformMinutes(**_columns(connection, "calibration/minutes"))


def learned_from(parts: Sequence[tuple[Traffic, PlatformMinutes]]) -> Learned | None:
    """Learn from spans of days, each with its own requests and platform minutes.

    None where log and platform have nothing in common.
    """
    traffic = _in_a_row([traffic for traffic, _ in parts])
    minutes = _joined([minutes for _, minutes in parts])
    if not len(traffic) or not len(minutes):
        return None
    reading = clock_reading(
        minutes, traffic.deployment, traffic.started_us, traffic.ended_us, traffic.input_tokens
    )
    counted_us = reading.of(traffic.started_us, traffic.ended_us)
    traffic = Traffic(**(vars(traffic) | {"counted_us": counted_us}))
    held = cells(
        minutes, traffic.deployment, counted_us, traffic.input_tokens, traffic.output_tokens
    )
    telling = held.is_telling
    alone = telling & (held.logged == 1) & (held.minutes == 1) & (held.surplus_requests == 0)
    if not telling.any():
        return None
    with threadpool_limits(limits=1, user_api="blas"):
        knowledge = learn(traffic, held)
    return Learned(knowledge, reading, len(traffic), int(alone.sum()), int(telling.sum()))


def own_part(
    connection: Connection, first_day: date, last_day: date
) -> tuple[Traffic, PlatformMinutes]:
    """Return requests and minutes of [first_day, last_day] alone, from what the span derived."""
    build(connection, "ledger.traffic")
    traffic, minutes = shown_traffic(connection, Fits()), platform_minutes(connection)
    since_us, until_us = _midnight_us(first_day), _midnight_us(last_day + _DAY)
    return (
        traffic.chosen((traffic.started_us >= since_us) & (traffic.started_us < until_us)),
        minutes.chosen((minutes.minute_us >= since_us) & (minutes.minute_us < until_us)),
    )


def _stretches(first_day: date, last_day: date, fits: Fits) -> Iterator[tuple[Stretch, Fit]]:
    for day in _days(first_day, last_day + _DAY):
        fit = fits.of(day)
        if fit:
            night, rest = stretches(_midnight_us(day))
            yield night, fit
            if day <= last_day:
                yield rest, fit


def _in_a_row(parts: Sequence[Traffic]) -> Traffic:
    """Put spans behind each other; a conversation ends with its span, and so does a group."""
    shifted, next_conversation, next_group = [], 0, 0
    for part in parts:
        conversation = part.conversation + next_conversation
        group = np.where(part.reads_group >= 0, part.reads_group + next_group, -1)
        next_conversation = int(conversation.max(initial=next_conversation - 1)) + 1
        next_group = max(next_group, int(group.max(initial=-1)) + 1)
        shifted.append(vars(part) | {"conversation": conversation, "reads_group": group})
    return Traffic(**{name: _concatenated(shifted, name) for name in Traffic.__dataclass_fields__})


def _joined(parts: Sequence[PlatformMinutes]) -> PlatformMinutes:
    columns = [vars(part) for part in parts]
    names = PlatformMinutes.__dataclass_fields__
    return PlatformMinutes(**{name: _concatenated(columns, name) for name in names})


def _concatenated(parts: Sequence[dict[str, Ints]], name: str) -> Ints:
    return np.concatenate([np.zeros(0, dtype=np.int64), *(part[name] for part in parts)])


def _columns(connection: Connection, name: str) -> dict[str, Ints]:
    found = run(connection, name).fetchnumpy()
    return {column: np.asarray(values).astype(np.int64) for column, values in found.items()}


def _days(first_day: date, last_day: date) -> Iterator[date]:
    for offset in range((last_day - first_day).days + 1):
        yield first_day + timedelta(days=offset)


def _midnight_us(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def _day_of(midnight_us: int) -> date:
    return datetime.fromtimestamp(midnight_us / 1_000_000, tz=UTC).date()
