"""Every check is silent on good data, finds what was broken, and stops the publication."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from core_rows import DAY, Books, gateway, llm, open_books, person, rows_of

from models import sql_files
from models.errors import CheckError
from models.ledger import (
    MOST_SPAN_ROWS,
    Finding,
    build_span,
    prepare,
    refuse,
    run_checks,
    spans,
    write_day,
)
from models.ownership import refresh_ownership
from models.publication import read_manifest
from models.sql_files import names, sql

# What is done to the good data of `booked`, and the checks that must find it.
BROKEN = {
    "a request is missing": (
        "delete from ledger.charges where llm_model = 'claude-plain' and input_tokens = 1000",
        {"ledger__every_request_once", "ledger__tokens_of_raw", "daily__sums_to_ledger"},
    ),
    "a request without usage is missing": (
        "delete from ledger.charges where label = 'unmetered'",
        {"ledger__every_request_once", "daily__sums_to_ledger"},
    ),
    "a request is doubled": (
        "insert into ledger.charges from ledger.charges where label = 'unmetered'",
        {"ledger__every_request_once", "daily__sums_to_ledger"},
    ),
    "a request never reached a model": (
        "delete from warehouse.raw.gateway_log where item_id = 'gateway-2'",
        {"ledger__every_request_once"},
    ),
    "a token is changed": (
        "update ledger.charges set input_tokens = input_tokens + 1 where input_tokens = 1000",
        {"ledger__tokens_of_raw"},
    ),
    "tokens came from nowhere": (
        "delete from warehouse.raw.llm_log where prompt_tokens = 300",
        {"ledger__tokens_of_raw"},
    ),
    "a charge is changed after the roll-up": (
        (
            "update ledger.charges set list_cost_usd = list_cost_usd + 1e-15::decimal(38, 15)"
            " where input_tokens = 1000"
        ),
        {"daily__sums_to_ledger"},
    ),
    "a discount is changed after the roll-up": (
        "update ledger.charges set contracted_cost_usd = null where input_tokens = 1000",
        {"daily__sums_to_ledger"},
    ),
    "money is a float": (
        "create table marts.statement as select 0.1::double as total_cost_usd",
        {"money__is_decimal"},
    ),
    "money is a short decimal": (
        "create table marts.statement as select 0.1::decimal(18, 6) as input_usd_per_token",
        {"money__is_decimal"},
    ),
    "a price holds twice": (
        (
            "insert into ledger.prices by name select * replace ('again' as price_id)"
            " from ledger.prices where model = 'claude-plain' limit 1"
        ),
        {"prices__one_at_a_time"},
    ),
    "a price row came twice": (
        "insert into ledger.prices from ledger.prices where model = 'claude-plain' limit 1",
        {"prices__one_at_a_time"},
    ),
    "two bands overlap": (
        (
            "update ledger.prices set prompt_up_to_tokens = prompt_up_to_tokens + 1"
            " where model = 'claude-band' and prompt_up_to_tokens = 100000"
        ),
        {"prices__one_at_a_time"},
    ),
    "two prices overlap by a microsecond": (
        (
            "update ledger.prices set valid_to = valid_to + interval 1 microsecond"
            " where model = 'claude-turn' and valid_from < '2026-10-01'"
        ),
        {"prices__one_at_a_time"},
    ),
    "somebody is in two units": (
        (
            "insert into ledger.ownership by name select * replace ('CC-2' as unit)"
            " from ledger.ownership"
        ),
        {"ownership__one_at_a_time"},
    ),
    "a span of ownership came twice": (
        "insert into ledger.ownership from ledger.ownership",
        {"ownership__one_at_a_time"},
    ),
    "two spans of ownership overlap": (
        (
            "insert into ledger.ownership by name"
            " select * replace ('CC-0' as unit, timestamp '2026-10-05' as valid_from)"
            " from ledger.ownership"
        ),
        {"ownership__one_at_a_time"},
    ),
    "the platform counted what nobody has": (
        (
            "insert into ledger.cells by name select 'one' as account, 'plain' as deployment,"
            " timestamp '2026-10-05 00:30' as stretch_at, 1 as outside_input_tokens"
        ),
        {"ledger__platform_totals"},
    ),
    "one id stands for two callers": (
        (
            "insert into warehouse.directory.callers select caller_id, 'another'"
            " from warehouse.directory.callers"
        ),
        {"ownership__one_at_a_time"},
    ),
}


@pytest.fixture
def booked(tmp_path: Path) -> Iterator[Books]:
    """A day of good data, built and rolled up."""
    with open_books(tmp_path) as books:
        books.observe(person(1), person(2))
        books.land(
            *(gateway(number) for number in range(1, 5)),
            gateway(5, backend_response_code=429),
            gateway(6, method="GET", url="https://gateway.example/anthropic/v1/models"),
            gateway(2),
        )
        books.land(
            llm(1),
            llm(1, sequence_number=1, prompt_tokens=0, completion_tokens=0),
            llm(2, request_id="a", prompt_tokens=300),
            llm(2, request_id="b", prompt_tokens=30),
            llm(3, model_name="claude-band", prompt_tokens=100_001),
        )
        refresh_ownership(books.connection, books.clock.now())
        prepare(books.connection, books.clock.now())
        build_span(books.connection, DAY, DAY)
        write_day(books.connection, DAY, books.publication, 1)
        yield books


def found(books: Books) -> set[str]:
    return {finding.check for finding in run_checks(books.connection, names("checks"))}


def test_good_data_is_silent(booked: Books) -> None:
    assert len(names("checks")) == 7
    assert run_checks(booked.connection, names("checks")) == []


def test_broken_data_is_found(booked: Books) -> None:
    for what, (statement, checks) in BROKEN.items():
        booked.connection.execute("begin")
        booked.connection.execute(statement)
        assert found(booked) == checks, what
        booked.connection.execute("rollback")
    assert found(booked) == set()


def test_every_check_is_shown_to_find_something() -> None:
    shown = set().union(*(checks for _, checks in BROKEN.values()))
    assert {f"checks/{name}" for name in shown} == set(names("checks"))


def test_every_check_says_whether_it_stops() -> None:
    for name in names("checks"):
        assert sql(name).startswith(("-- fail: ", "-- warn: ")), name


def test_a_failed_check_stops_and_a_warning_does_not() -> None:
    refuse([])
    refuse([Finding("a", "warn", "subject", "text")])
    with pytest.raises(CheckError) as raised:
        refuse([Finding("a", "fail", str(number), "text") for number in range(30)])
    lines = str(raised.value).splitlines()
    assert lines[0].startswith("30 findings stop the publication; the last one stays in place.")
    assert lines[1] == "  a: 0 text"
    assert len(lines) == 21


# A statement of the build, and a mistake somebody could make in it.
MISTAKES = [
    ("ledger/usage", "call.reached_model\n", "call.reached_model and call.input_tokens > 0\n"),
    ("ledger/rated", "left join ledger.prices as price\n", "inner join ledger.prices as price\n"),
    ("ledger/usage", "(call.input_tokens, told", "(2 * call.input_tokens, told"),
    ("ledger/costs", "input_tokens * input_usd as", "input_tokens::double * input_usd as"),
    (
        "ledger/llm_usage",
        "min(ingested_at) as ingested_at,\n        max(input_tokens)",
        "min(ingested_at) as ingested_at,\n        sum(input_tokens)",
    ),
    ("ledger/attributed", "and call.usage_time < owner.valid_to", ""),
    ("marts/booked", "where charge.usage_day", "where charge.label = '' and charge.usage_day"),
]


@pytest.mark.parametrize(("name", "right", "wrong"), MISTAKES)
def test_a_run_with_a_broken_statement_publishes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, right: str, wrong: str
) -> None:
    with open_books(tmp_path / "tenant") as books:
        # given a published day, and a person who moved twice within it
        for hour, center in ((0, "CC-1"), (11, "CC-2"), (12, "CC-3")):
            books.observe(
                person(1, employeeOrgData={"costCenter": center}),
                at=f"2026-10-05T{hour:02}:00:00Z",
            )
        books.land(gateway(1), gateway(2))
        books.land(llm(1))
        books.publish()
        published = read_manifest(books.publication)
        readable = _files(books.publication)
        # when more arrives, and a statement is wrong
        books.land(gateway(3, "2026-10-05T13:00:00Z"), gateway(4))
        books.land(
            llm(3, model_name="claude-unheard-of"),
            llm(3, sequence_number=1, model_name="claude-unheard-of"),
        )
        _mistake(tmp_path, monkeypatch, name, right, wrong)
        with pytest.raises(CheckError):
            books.publish()
        # then what was published is as it was, and the next good run publishes the day
        assert read_manifest(books.publication) == published
        assert _files(books.publication).items() >= readable.items()
        monkeypatch.undo()
        sql.cache_clear()
        assert books.publish().sequence == 2
        assert len(rows_of(books.connection, "from ledger.charges")) == 4


def _files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _mistake(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, right: str, wrong: str
) -> None:
    """Let the build read a copy of `sql/` in which one statement is wrong."""
    shutil.copytree(Path(__file__).parents[2] / "sql", folder / "sql")
    file = folder / "sql" / f"{name}.sql"
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    file.write_text(text.replace(right, wrong), encoding="utf-8")
    monkeypatch.setattr(sql_files, "_root", lambda: folder / "sql")
    sql.cache_clear()


def test_days_are_built_in_runs_of_at_most_a_week() -> None:
    days = [DAY.replace(day=number) for number in (9, 1, 2, 3, 4, 5, 6, 7, 8, 20, 1)]
    assert _numbers(spans(days, {})) == [(1, 7), (8, 9), (20, 20)]
    assert spans([], {}) == []


def test_days_of_many_rows_are_built_in_shorter_runs() -> None:
    days = [DAY.replace(day=number) for number in range(1, 8)]
    rows = dict.fromkeys(days, MOST_SPAN_ROWS // 2) | {days[4]: 40_000_000, days[6]: 3}
    assert _numbers(spans(days, rows)) == [(1, 2), (3, 4), (5, 5), (6, 7)]


def _numbers(found: list[tuple[date, date]]) -> list[tuple[int, int]]:
    return [(first.day, last.day) for first, last in found]
