"""A data folder that holds some days of history before today, and half of today."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from bench.built_data import built, staged
from bench.sizes import Sizes
from bench.staged_traffic import Traffic

TODAY = date(2026, 10, 31)
NOW = datetime.combine(TODAY, time(12), UTC)
"""Noon: the hours before it are in every history, those after it are still to come."""


def traffic_of(sizes: Sizes) -> Traffic:
    """Return the traffic that every history is a stretch of: the longest, with today whole."""
    days = max(sizes.history_days) + 1
    first_day = TODAY - timedelta(days=days - 1)
    return Traffic(sizes.requests_a_day * days, first_day, days, sizes.callers)


def history(work: Path, sizes: Sizes, days: int) -> Path:
    """Return a folder with `days` days before today and today until noon, built and published."""
    folder = work / f"history-{days}"
    if not folder.exists():
        traffic = traffic_of(sizes)
        begin = traffic.number_at(datetime.combine(TODAY, time(), UTC) - timedelta(days=days))
        staged(folder, traffic, from_number=begin, to_number=traffic.number_at(NOW))
        built(folder, NOW)
    return folder
