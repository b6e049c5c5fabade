"""How much is used on which day of the week and on holidays, learned from everybody together."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_DAYS_OF_WEEK = 7
_SUNDAY = 6
_USUAL_WEEK = (1.3, 1.3, 1.3, 1.3, 1.3, 0.25, 0.25)
"""What a week looks like as long as none was seen; it weighs as much as a third of a day."""
_USUAL_WEIGHT = 0.3
_SMOOTHING = 1e-3


def day_shape(peers: Floats, weekday: Ints, is_holiday: Flags) -> Floats:
    """Return how much each day is worth beside a mean day of the past: days x calendars.

    `peers`: past days x calendars, what everybody with that calendar used; `weekday`, 0 is Monday,
    and `is_holiday` (days x calendars) go on into the future. A level for each week takes out
    growth; a holiday is taken for a Sunday and corrected by what holidays were.
    """
    # A second of imports, which commands that forecast nothing should not pay.
    from sklearn.linear_model import PoissonRegressor  # noqa: PLC0415

    past, calendars = peers.shape
    totals = peers.sum(axis=0)
    day, calendar = (index.ravel() for index in np.indices((past, calendars)))
    used = totals[calendar] > 0
    day, calendar = day[used], calendar[used]
    week = np.eye(past // _DAYS_OF_WEEK + 1)[day // _DAYS_OF_WEEK]
    seen = np.hstack([_features(weekday[day], is_holiday[day, calendar]), week])
    usual = np.hstack(
        [
            _features(np.arange(_DAYS_OF_WEEK), np.zeros(_DAYS_OF_WEEK, dtype=bool)),
            np.zeros((_DAYS_OF_WEEK, week.shape[1])),
        ]
    )
    weights = totals[calendar] / max(totals.sum(), np.finfo(float).tiny)
    fitted = PoissonRegressor(
        alpha=_SMOOTHING, fit_intercept=False, solver="newton-cholesky", max_iter=200
    ).fit(
        np.vstack([seen, usual]),
        np.concatenate([peers[day, calendar] * past / totals[calendar], _USUAL_WEEK]),
        sample_weight=np.concatenate([weights, np.full(_DAYS_OF_WEEK, _USUAL_WEIGHT)]),
    )
    effects = fitted.coef_[: _DAYS_OF_WEEK + 1]
    shape = np.column_stack(
        [np.exp(_features(weekday, column) @ effects) for column in is_holiday.T]
    )
    mean: Floats = shape / shape[:past].mean() if past else shape / np.mean(_USUAL_WEEK)
    return mean


def _features(weekday: Ints, is_holiday: Flags) -> Floats:
    kind = np.where(is_holiday, _SUNDAY, weekday)
    return np.hstack([np.eye(_DAYS_OF_WEEK)[kind], is_holiday[:, None].astype(float)])
