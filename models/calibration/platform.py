"""The platform's own counts per deployment and minute, and how its clock lies to the log's."""

from dataclasses import dataclass, fields

from models.calibration.arrays import MINUTE_US, Bools, Ints, sums

ENDED, STARTED = "ended", "started"

_SECOND_US = 1_000_000
_OFFSETS_S = [0, *(sign * step for step in range(5, 125, 5) for sign in (1, -1))]
# A wrong clock must explain clearly more minutes than none does.
_CLEARLY = 1.02


@dataclass(frozen=True)
class PlatformMinutes:
    """One position per deployment and minute that has any value; no pair twice."""

    deployment: Ints
    minute_us: Ints
    requests: Ints
    input_tokens: Ints
    output_tokens: Ints
    cache_read_tokens: Ints
    cache_write_5m_tokens: Ints
    cache_write_1h_tokens: Ints

    def __len__(self) -> int:
        return len(self.minute_us)

    def chosen(self, rows: Bools) -> "PlatformMinutes":
        """Return some of the minutes."""
        return PlatformMinutes(
            **{field.name: getattr(self, field.name)[rows] for field in fields(self)}
        )


@dataclass(frozen=True)
class ClockReading:
    """At which moment of a request the platform counts it, and how far its clock is off."""

    counted_from: str = ENDED
    offset_us: int = 0

    def of(self, started_us: Ints, ended_us: Ints) -> Ints:
        """Return the moment at which the platform counted each request, by its own clock."""
        return (ended_us if self.counted_from == ENDED else started_us) + self.offset_us


def clock_reading(
    minutes: PlatformMinutes,
    deployment: Ints,
    started_us: Ints,
    ended_us: Ints,
    input_tokens: Ints,
) -> ClockReading:
    """Find out when the platform counts a request.

    The log knows when a request started and how long it took. Whether the platform counts a
    request at its start or its end, and how far its clock is from the log's, is not documented:
    the reading holds under which most minutes have the same uncached input on both sides.
    `input_tokens` is -1 where the log does not tell.
    """
    best = ClockReading()
    if not len(minutes) or not len(started_us):
        return best
    known = input_tokens >= 0
    first_us = min(int(minutes.minute_us.min()), int(started_us.min()))
    first_us = (first_us // MINUTE_US - 10) * MINUTE_US
    width = (max(int(minutes.minute_us.max()), int(ended_us.max())) - first_us) // MINUTE_US + 20
    size = (max(int(deployment.max()), int(minutes.deployment.max())) + 1) * width
    place = minutes.deployment * width + (minutes.minute_us - first_us) // MINUTE_US
    counted = sums(place, minutes.input_tokens, size)

    def matches(moment_us: Ints) -> int:
        places = deployment[known] * width + (moment_us[known] - first_us) // MINUTE_US
        logged = sums(places, input_tokens[known], size)
        return int(((logged == counted) & (counted > 0)).sum())

    most = matches(ended_us)
    for counted_from in (ENDED, STARTED):
        for offset_s in _OFFSETS_S:
            reading = ClockReading(counted_from, offset_s * _SECOND_US)
            found = matches(reading.of(started_us, ended_us))
            if found > most * _CLEARLY + 1:
                best, most = reading, found
    return best
