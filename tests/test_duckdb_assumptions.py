"""What the statements rely on, or guard against, in DuckDB: a new version has to pass these."""

import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.warehouse import in_memory


@pytest.fixture
def ask() -> Any:
    connection = in_memory()

    def one(statement: str) -> Any:
        (value,) = connection.execute(statement).fetchone() or (None,)
        return value

    one.connection = connection
    return one


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        # traps: these are no decimals any more
        ("1::decimal(38, 15) / 2", "DOUBLE"),
        ("6 / 3", "DOUBLE"),
        ("avg(1::decimal(38, 15))", "DOUBLE"),
        ("coalesce(1::decimal(38, 15), 0::double)", "DOUBLE"),
        ("case when true then 1::decimal(38, 15) else 1e0 end", "DOUBLE"),
        ("3e-7", "DOUBLE"),
        # what the ledger does, and may do
        ("0.0000003", "DECIMAL(8,7)"),
        ("1::bigint * 1::decimal(38, 15)", "DECIMAL(38,15)"),
        ("1::integer * 1::decimal(38, 15)", "DECIMAL(38,15)"),
        ("sum(1::decimal(38, 15))", "DECIMAL(38,15)"),
        ("coalesce(1::decimal(38, 15), 0)", "DECIMAL(38,15)"),
        ("greatest(1::decimal(38, 15), 2::decimal(38, 15))", "DECIMAL(38,15)"),
        ("case when true then 1::decimal(38, 15) end", "DECIMAL(38,15)"),
        ("sum(1::bigint)", "HUGEINT"),
    ],
)
def test_the_type_of_an_expression(ask: Any, expression: str, kind: str) -> None:
    assert ask(f"select typeof({expression})") == kind


def test_a_cast_to_fewer_decimals_rounds_silently(ask: Any) -> None:
    assert ask("select 0.0000000000000004::decimal(38, 15)") == 0
    assert ask("select 0.0000000000000005::decimal(38, 15)") == Decimal("1E-15")


@pytest.mark.parametrize("expression", ["x * 10", "sum(x + x)", "x + x"])
def test_an_overflow_is_an_error_and_never_wraps(ask: Any, expression: str) -> None:
    largest = f"{'9' * 23}.{'9' * 15}"
    with pytest.raises(duckdb.Error, match=r"(?i)out of range|overflow"):
        ask(f"select {expression} from (select {largest}::decimal(38, 15) as x)")


def test_sums_of_decimals_are_exact_and_of_doubles_are_not(ask: Any) -> None:
    rows = "from range(1, 100001) as t(n)"
    exact = Decimal("0.0000003") * sum(range(1, 100_001))
    assert ask(f"select sum(n * 0.0000003::decimal(38, 15)) {rows}") == exact
    assert Decimal(ask(f"select sum(n * 3e-7) {rows}")) != exact


def test_amounts_keep_their_digits_through_fetchall_and_lose_them_through_a_data_frame(
    ask: Any,
) -> None:
    query = "select 12345678901234567890.123456789012345::decimal(38, 15) as cost_usd"
    assert ask(query) == Decimal("12345678901234567890.123456789012345")
    assert str(ask.connection.execute(query).df()["cost_usd"].dtype) == "float64"


def test_rounding_says_which_way_it_goes(ask: Any) -> None:
    halves = [("0.5", "1", "0"), ("1.5", "2", "2"), ("-0.5", "-1", "0")]
    for value, away, even in halves:
        assert ask(f"select round({value}::decimal(38, 15), 0)") == Decimal(away)
        assert ask(f"select round_even({value}::decimal(38, 15), 0)") == Decimal(even)


def test_an_offset_counts_only_through_timestamptz(ask: Any) -> None:
    assert ask("select timestamp '2026-10-05 10:00:00+02:00'").hour in {8, 10}
    moment = ask("select ('2026-10-05T10:00:00+02:00'::timestamptz)::timestamp")
    assert moment == datetime(2026, 10, 5, 8)  # noqa: DTZ001
    assert ask("select try_cast('not a time' as timestamptz)") is None


def test_days_of_a_timestamptz_follow_the_session_and_those_of_a_timestamp_do_not(ask: Any) -> None:
    ask.connection.execute("set timezone = 'America/New_York'")
    assert str(ask("select '2026-07-01T02:00:00Z'::timestamptz::date")) == "2026-06-30"
    assert str(ask("select timestamp '2026-07-01 02:00:00'::date")) == "2026-07-01"


def test_an_unset_variable_is_null_and_keeps_nothing(ask: Any) -> None:
    assert ask("select getvariable('never_set')") is None
    assert ask("select count(*) from range(3) as t(n) where n >= getvariable('never_set')") == 0


def prices(ask: Any, *intervals: tuple[int, int]) -> None:
    values = ", ".join(map(str, intervals))
    ask.connection.execute(f"create table prices as from (values {values}) as t(begins, ends)")
    ask.connection.execute("create table calls as select 5 as moment")


def test_an_asof_join_ignores_where_a_price_ended(ask: Any) -> None:
    prices(ask, (1, 2))
    assert ask("select ends from calls asof join prices on moment >= begins") == 2
    assert (
        ask("select ends from calls left join prices on begins <= moment and moment < ends") is None
    )


def test_overlapping_prices_double_the_bill(ask: Any) -> None:
    prices(ask, (0, 9), (4, 9))
    count = "select count(*) from calls inner join prices on begins <= moment and moment < ends"
    assert ask(count) == 2


def test_creating_tables_rolls_back(ask: Any) -> None:
    ask.connection.execute("create table kept as select 1 as x")
    ask.connection.execute("begin")
    ask.connection.execute("create or replace table kept as select 2 as x")
    ask.connection.execute("create table other as select 1")
    ask.connection.execute("rollback")
    assert ask("select x from kept") == 1
    assert ask("select count(*) from duckdb_tables()") == 1


def test_a_file_that_one_process_writes_opens_nowhere_else(tmp_path: Path) -> None:
    import subprocess
    import sys

    file = tmp_path / "one.duckdb"
    writer = duckdb.connect(str(file))
    program = "import duckdb, sys; duckdb.connect(sys.argv[1], read_only=True)"
    failed = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=False
    )
    writer.close()
    assert failed.returncode != 0
    assert "lock" in failed.stderr


def test_json_that_fits_no_map_and_rows_that_fit_no_type_become_null(ask: Any) -> None:
    assert ask("select try_cast('not json' as json)") is None
    assert ask("""select try_cast('"text"'::json as map(varchar, varchar))""") is None
    assert ask("select try_cast('many' as bigint)") is None
    assert ask("select nullif(list_filter(null::varchar[], lambda x: true)[1], '')") is None


def test_comparisons_with_null_need_is_distinct_from(ask: Any) -> None:
    assert ask("select null = null") is None
    assert ask("select null is distinct from 1") is True
    assert ask("select null is not distinct from null") is True


def test_row_ids_tell_equal_rows_apart(ask: Any) -> None:
    ask.connection.execute("create table t as from (values (1), (1)) as t(x)")
    assert ask("select count(*) from t as a join t as b on a.x = b.x and a.rowid < b.rowid") == 1


def test_a_parquet_file_keeps_types_and_days_read_fast(ask: Any, tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    ask.connection.execute(
        "copy (select n::integer as n, uuid() as id, (n * 0.0000003)::decimal(38, 15) as cost_usd"
        f" from range(200000) as t(n)) to '{file}' (format parquet, compression zstd)"
    )
    started = time.monotonic()
    assert ask(f"select typeof(sum(cost_usd)) from read_parquet(['{file}'])") == "DECIMAL(38,15)"
    assert ask(f"select typeof(any_value(id)) from '{file}'") == "UUID"
    assert time.monotonic() - started < 5
