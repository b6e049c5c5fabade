"""What the rest of a period will cost, for many series of daily costs at once.

Pure functions over arrays (days x series, USD as floats: a forecast is no amount that anybody
owes). A series is expected to go on at its level, which forgets the past by a half-life, in the
shape that weeks and holidays have for everybody; own habits of a weekday are learned slowly. The
half-life is the one that would have erred least on what is known, and the interval is made of the
errors that it would have made.
"""

from dataclasses import dataclass

import numpy as np

from models.day_shape import Flags, Floats, Ints, day_shape

INTERVAL = 80
"""How many of a hundred times the interval is meant to hold what comes, in percent."""

_HALF_LIVES_DAYS = (7, 14, 28, 56, 140)
_USUAL_HALF_LIFE_DAYS = 28
_SCATTER_HALF_LIFE_DAYS = 56
# The first day somebody is seen on is never an idle one; half an idle day makes up for it.
_IDLE_DAYS = 0.5
# Own weekdays count for half of the difference to everybody's after so many weeks.
_PEER_WEEKS = 6
_FIRST_TRIAL_DAY = 14
_TRIALS = 26
_LEAST_TRIAL_DAYS = 7
_ENOUGH_ERRORS = 60
_TAIL = 1.2816
"""How many deviations the interval of a normal error reaches to each side."""


@dataclass(frozen=True)
class Past:
    """What is known. `weekday` and `is_holiday` go on for the days that are forecast.

    costs: days x series; peers: days x calendars, what everybody with a calendar used; calendar:
    the column of each series in these; kind: series of one kind learn their errors together;
    weekday: per day, 0 is Monday; is_holiday: days x calendars.
    """

    costs: Floats
    peers: Floats
    calendar: Ints
    kind: Ints
    weekday: Ints
    is_holiday: Flags


@dataclass(frozen=True)
class Outlook:
    """What is expected: `daily` days x series, and bounds of each series' sum, per series."""

    daily: Floats
    low: Floats
    high: Floats

    @property
    def rest(self) -> Floats:
        """Return what is expected of all days together, per series."""
        total: Floats = self.daily.sum(axis=0)
        return total


@dataclass(frozen=True)
class _Trials:
    """Moments of the past after which the next `days` days are known as well.

    actual and came: trials x series, what these days cost and what they were worth; level and
    scatter: as known then, trials and last the present x series.
    """

    days: int
    actual: Floats
    came: Floats
    level: Floats
    scatter: Floats

    @property
    def errors(self) -> Floats:
        """Return by how much the level alone would have been wrong: trials x series."""
        return _errors(self.actual, self.came, self.level)


def forecast(past: Past, ahead: Floats) -> Outlook:
    """Return what is expected of the days after those known.

    `ahead` has of each of these days the share that is still to come, 1 but perhaps for the first.
    Without days ahead, nothing is expected.
    """
    known, future = len(past.costs), len(ahead)
    shape = day_shape(past.peers, past.weekday, past.is_holiday)[:, past.calendar]
    seen = np.cumsum(past.costs > 0, axis=0) > 0
    worth = np.where(seen, shape[:known], 0)
    trials = _trials(past, worth, shape[:known], future)
    level = trials.level[-1]
    own = _own_weekdays(past.costs - level * worth, past)
    daily = np.maximum(level * shape[known : known + future] + own[known : known + future], 0)
    daily *= ahead[:, None]
    low, high = _bounds(trials, past.kind, shape[known : known + future].T @ ahead, future)
    rest = daily.sum(axis=0)
    return Outlook(daily, np.clip(rest + low, 0, rest), np.maximum(rest + high, rest))


def _trials(past: Past, worth: Floats, shape: Floats, future: int) -> _Trials:
    known = len(worth)
    days = min(future, max(_LEAST_TRIAL_DAYS, known // 3))
    after = np.array([*range(known - days, _FIRST_TRIAL_DAY - 1, -7)][:_TRIALS], dtype=np.int64)
    number = np.arange(known)
    coming = ((number >= after[:, None]) & (number < after[:, None] + days)).astype(float)
    actual, came = coming @ past.costs, coming @ shape
    moments = np.append(after, known)
    levels = np.stack(
        [_level(past.costs, worth, moments, half_life) for half_life in _HALF_LIVES_DAYS]
    )
    best = _best([_errors(actual, came, level) for level in levels], past.kind)
    level = levels[best, :, np.arange(len(best))].T
    scatter = _scatter(past.costs, worth, moments, level)
    return _Trials(days, actual, came, level, scatter)


def _errors(actual: Floats, came: Floats, level: Floats) -> Floats:
    wrong: Floats = actual - level[:-1] * came
    return wrong


def _level(costs: Floats, worth: Floats, moments: Ints, half_life_days: int) -> Floats:
    """Return what a day of worth 1 costs, as known at moments: moments x series."""
    memory = _memory(moments, len(costs), half_life_days)
    level: Floats = (memory @ costs) / (memory @ worth + _IDLE_DAYS)
    return level


def _best(errors: list[Floats], kind: Ints) -> Ints:
    """Return which half-life would have been wrong by least, per series: one for each kind."""
    usual = _HALF_LIVES_DAYS.index(_USUAL_HALF_LIFE_DAYS)
    best = np.full(len(kind), usual)
    if len(errors[0]):
        for number in np.unique(kind):
            wrong = [np.abs(error[:, kind == number]).sum() for error in errors]
            best[kind == number] = int(np.argmin(wrong))
    return best


def _scatter(costs: Floats, worth: Floats, moments: Ints, level: Floats) -> Floats:
    """Return how far days were from the level, as known at moments; 0 for who was not seen yet."""
    memory = _memory(moments, len(costs), _SCATTER_HALF_LIFE_DAYS)
    squares = (
        memory @ np.square(costs)
        - 2 * level * (memory @ (costs * worth))
        + np.square(level) * (memory @ np.square(worth))
    )
    days = memory @ (worth > 0).astype(float)
    scatter: Floats = np.sqrt(np.maximum(squares, 0) / (days + 1))
    return scatter


def _memory(moments: Ints, known: int, half_life_days: int) -> Floats:
    """Return how much a day still counts at a moment: moments x days, 0 for days after it."""
    age = moments[:, None] - 1 - np.arange(known)
    return np.where(age >= 0, 0.5 ** (np.maximum(age, 0) / half_life_days), 0.0)


def _own_weekdays(beyond: Floats, past: Past) -> Floats:
    """Return what series use on weekdays beside everybody's shape: days x series.

    All series are fitted at once; the penalty draws who was seen for few weeks to the others.
    """
    # As in day_shape: only who forecasts pays for the import.
    from sklearn.linear_model import Ridge  # noqa: PLC0415

    known = len(beyond)
    week = np.eye(7)[past.weekday]
    # A holiday says nothing about its weekday.
    weights = np.where(past.is_holiday[:known].any(axis=1), 0.0, 1.0)
    if not weights.any():
        return np.zeros((len(week), beyond.shape[1]))
    age = known - 1 - np.arange(known)
    weights *= 0.5 ** (age / _SCATTER_HALF_LIFE_DAYS)
    fitted = Ridge(alpha=_PEER_WEEKS, fit_intercept=False, solver="cholesky").fit(
        week[:known], beyond, sample_weight=weights
    )
    predicted: Floats = fitted.predict(week).reshape(len(week), beyond.shape[1])
    # Nor is a holiday one of these weekdays.
    predicted[past.is_holiday[:, past.calendar]] = 0
    return predicted


def _bounds(trials: _Trials, kind: Ints, worth: Floats, future: int) -> tuple[Floats, Floats]:
    """Return how far below and above what is expected the sum may end, per series."""
    now = trials.scatter[-1] * np.sqrt(worth)
    if future > trials.days > 0:
        # Errors of longer rests than could be tried are taken to grow with the rest itself.
        now *= np.sqrt(future / trials.days)
    then = trials.scatter[:-1] * np.sqrt(trials.came)
    low, high = np.zeros(len(now)), np.zeros(len(now))
    for number in np.unique(kind):
        of_kind = kind == number
        chosen = (then > 0) & of_kind
        below, above = _reach(trials.errors[chosen] / then[chosen])
        low[of_kind], high[of_kind] = below * now[of_kind], above * now[of_kind]
    return low, high


def _reach(errors: Floats) -> tuple[float, float]:
    """Return between what relative errors lie so often; few of them are not trusted to be all."""
    if len(errors) < 3:
        return -2 * _TAIL, 2 * _TAIL
    tail = (100 - INTERVAL) / 2
    below, above = (float(end) for end in np.percentile(errors, [tail, 100 - tail]))
    if len(errors) >= _ENOUGH_ERRORS:
        return below, above
    wide = _TAIL * float(np.sqrt(np.mean(np.square(errors)) + 2 / len(errors)))
    return min(below, -wide), max(above, wide)
