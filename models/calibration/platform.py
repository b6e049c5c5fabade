"""The platform's own counts per deployment and minute, and how its clock lies to the log's."""

from dataclasses import dataclass

from models.calibration.arrays import MINUTE_US, Ints, sums

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


def counted_at(
    minutes: PlatformMinutes,
    deployment: Ints,
    started_us: Ints,
    ended_us: Ints,
    input_tokens: Ints,
) -> Ints:
    """Return the moment at which the platform counted each request, by its own clock.

    The log knows when a request started and how long it took. Whether the platform counts a
    request at its start or its end, and how far its clock is from the log's, is not documented:
    the reading holds under which most minutes have the same uncached input on both sides.
    `input_tokens` is -1 where the log does not tell.
    """
    if not len(minutes) or not len(started_us):
        return ended_us
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

    best_us, most = ended_us, matches(ended_us)
    for base_us in (ended_us, started_us):
        for offset_s in _OFFSETS_S:
            moment_us = base_us + offset_s * _SECOND_US
            found = matches(moment_us)
            if found > most * _CLEARLY + 1:
                best_us, most = moment_us, found
    return best_us
