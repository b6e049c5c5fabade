"""Exactly the days that something touches get new files; all others keep theirs, name by name."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from core_rows import (
    DEPLOYMENTS,
    PRICES,
    Books,
    Row,
    deployment,
    discount,
    gateway,
    llm,
    oid,
    person,
    price,
    subscription,
)
from incremental_life import land_arriving, life
from incremental_rows import FRONT, Arriving, at, by, metric, point, record, trace

from models.publication import require_manifest

_UNNAMED: Row = {"backend_request_headers": {}, "response_headers": {}}
_DAYS = range(3, 9)
_ALL = frozenset(_DAYS)


def _lands(source: str, *rows: Row) -> Callable[[Books], object]:
    return lambda books: land_arriving(books, [Arriving(source, row) for row in rows])


def _seeds(name: str, *lines: Row) -> Callable[[Books], object]:
    return lambda books: books.seed(name, *lines)


def _correction(number: int, unit: str, **times: str) -> dict[str, str]:
    open_times = dict.fromkeys(("valid_from", "valid_to", "recorded_from", "recorded_to"), "")
    return {"oid": oid(number), "unit": unit, **open_times, **times, "source": "t"}


def _observes(*people: Row, moment: str = at(6, "12:00:00")) -> Callable[[Books], object]:
    def happens(books: Books) -> None:
        books.clock.move(datetime.fromisoformat(moment))
        books.observe(*people, at=moment)

    return happens


_DEARER_FROM_THE_SIXTH = (
    *(line for line in PRICES if line["model"] != "claude-plain"),
    PRICES[1],
    price("claude-plain", "2", "10", valid_to="2026-10-06"),
    price("claude-plain", "3", "15", valid_from="2026-10-06"),
)


@dataclass(frozen=True)
class Touch:
    """What happens, and the days of October that it touches."""

    happens: Callable[[Books], object]
    days: frozenset[int]


def _touch(happens: Callable[[Books], object], *days: int) -> Touch:
    return Touch(happens, frozenset(days))


TOUCHES = {
    "gateway row": _touch(_lands("gateway_log", gateway(100, at(5, "12:00:00"))), 5),
    "gateway row, a moment before midnight": _touch(
        _lands("gateway_log", gateway(100, at(5, "23:59:59.9"))), 5
    ),
    "gateway row, days late": _touch(
        _lands("gateway_log", gateway(100, at(4, "12:00:00"), ingested_at=at(8, "12:00:00"))), 4
    ),
    "gateway row of usage booked on the day after": _touch(
        _lands("gateway_log", gateway(90, at(5, "23:59:59.9"))), 5, 6
    ),
    "gateway row of a new day": _touch(_lands("gateway_log", gateway(1, at(9, "00:00:00"))), 9),
    "gateway row that is known": _touch(_lands("gateway_log", gateway(50, at(5, "09:00:00")))),
    "LLM row": _touch(_lands("llm_log", llm(50, at(5, "09:00:02"), request_id="msg_b")), 5),
    "LLM row after midnight": _touch(_lands("llm_log", llm(91, at(7, "00:00:04"))), 6, 7),
    "LLM row that is known": _touch(_lands("llm_log", llm(50, at(5, "09:00:01")))),
    "trace": _touch(_lands("app_traces", trace(1, at(5, "09:00:00"), 50, oid=oid(2))), 5),
    "trace after midnight": _touch(
        _lands("app_traces", trace(1, at(7, "00:00:00"), 91, oid=oid(2))), 6
    ),
    "trace of no request": _touch(_lands("app_traces", trace(1, at(5, "09:00:00"), 999))),
    "usage record": _touch(_lands("usage_records", record(50, at(5, "09:00:02"))), 5),
    "usage record after midnight": _touch(
        _lands("usage_records", record(91, at(7, "00:00:04"))), 6
    ),
    "platform metric": _touch(
        _lands("platform_metrics", point("Requests", at(5, "09:00:00"), 9)), 5
    ),
    "platform metric that is known": _touch(
        _lands("platform_metrics", point("Requests", at(4, "09:00:00"), 2))
    ),
    "platform metric, corrected": _touch(
        _lands("platform_metrics", point("Requests", at(4, "09:00:00"), 3)), 4
    ),
    "price from now on": _touch(_seeds("prices.csv", *PRICES)),
    "directory: somebody without requests": _touch(_observes(person(77))),
    "directory: nothing new": _touch(_observes(person(1))),
    "directory: a caller's first sight": _touch(_observes(person(2)), *_ALL),
    "price of a past day corrected": _touch(_seeds("prices.csv", *_DEARER_FROM_THE_SIXTH), 6, 7, 8),
    "deployment until the sixth": _touch(
        _seeds("deployments.csv", DEPLOYMENTS[0] | {"valid_to": "2026-10-06"}, *DEPLOYMENTS[1:]),
        *(6, 7, 8),
    ),
    "deployment from the seventh": _touch(
        _seeds(
            "deployments.csv",
            *DEPLOYMENTS,
            deployment("plain-two", "two", "claude-plain", valid_from="2026-10-07"),
        ),
        *(7, 8),
    ),
    "subscription from the seventh": _touch(
        _seeds(
            "subscriptions.csv",
            subscription("sub-9", oid(9)),
            subscription("sub-1", oid(3), valid_from="2026-10-07"),
        ),
        *(7, 8),
    ),
    "discount on one day": _touch(
        _seeds(
            "discounts.csv",
            discount("claude-band", "0.1"),
            discount("claude-plain", "0.5", valid_from="2026-10-05", valid_to="2026-10-06"),
        ),
        *(5,),
    ),
    "directory: a caller moves": _touch(
        _observes(person(1, employeeOrgData={"costCenter": "CC-2"})), *_ALL - {3, 4, 5}
    ),
    "directory: a caller's department, beside their cost center": _touch(
        _observes(person(1, department="New"))
    ),
    "a correction of two days": _touch(
        _seeds(
            "unit_corrections.csv",
            _correction(1, "CC-9", valid_from="2026-10-04", valid_to="2026-10-06"),
        ),
        *(4, 5),
    ),
    "a correction of somebody without requests": _touch(
        _seeds("unit_corrections.csv", _correction(77, "CC-9"))
    ),
    "directory: a caller's name alone": _touch(_observes(person(1, displayName="Another"))),
    "directory: a caller is deleted": _touch(
        _observes({"id": oid(1), "@removed": {"reason": "deleted"}})
    ),
}
TOUCHES_TOO_MUCH = {
    "price of a model nobody used": _touch(
        _seeds("prices.csv", *PRICES, price("claude-unused", "1", "2"))
    ),
}
"""What marks days that it does not touch: expected to fail until it does not."""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six days of two requests each, of callers 1 and 2, with usage that lacks its request."""
    folder = tmp_path_factory.mktemp("published")
    with life(folder) as opened:
        books = opened.books
        books.observe(person(1))
        for day in _DAYS:
            number = 10 * day
            books.land(
                gateway(number, at(day, "09:00:00"), resource_id=FRONT),
                gateway(number + 1, at(day, "15:00:00"), apim_subscription_id="sub-1", **by(2)),
            )
            books.land(llm(number, at(day, "09:00:01")), llm(number + 1, at(day, "15:00:01")))
        books.land(llm(90, at(6, "00:00:01")))
        books.land(gateway(91, at(6, "23:59:59.9"), **_UNNAMED))
        _lands("platform_metrics", point("Requests", at(4, "09:00:00"), 2))(books)
        _lands("app_metrics", metric(1, at(4, "09:00:00"), 1))(books)
        books.publish()
    return folder


@pytest.fixture
def books(published: Path, tmp_path: Path) -> Iterator[Books]:
    """The published days again, in a folder of the test's own."""
    folder = tmp_path / "copy"
    shutil.copytree(published, folder)
    with life(folder) as opened:
        yield opened.books


def _refuse_other_days(books: Books, touch: Touch) -> None:
    before = require_manifest(books.publication).days
    touch.happens(books)
    after = books.publish().days
    assert before.keys() <= after.keys()
    rebuilt = {int(day[-2:]) for day in after if after[day] != before.get(day)}
    assert rebuilt == touch.days
    for day in map("2026-10-{:02}".format, sorted(rebuilt)):
        kept = set(after[day].values()) & set(before.get(day, {}).values())
        assert not kept, "a rebuilt day has all its files anew"


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_exactly_the_touched_days_are_built(books: Books, touch: Touch) -> None:
    _refuse_other_days(books, touch)


@pytest.mark.xfail(raises=AssertionError, reason="nobody asks which models a day has")
@pytest.mark.parametrize("touch", TOUCHES_TOO_MUCH.values(), ids=TOUCHES_TOO_MUCH)
def test_what_touches_few_days_builds_few(books: Books, touch: Touch) -> None:
    _refuse_other_days(books, touch)
