"""The benchmark itself: that it measures what it says, of work that comes to the right result."""

import json
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from bench.built_data import answered_requests, built, ledger_requests, staged
from bench.history import TODAY, traffic_of
from bench.hourly_increment import measure as measure_increment
from bench.measured_process import PEERS_PYTHON, measured
from bench.month_report import measure as measure_report
from bench.our_month_report import nested
from bench.peers.postgres_cluster import why_absent
from bench.price_rates import PEERS, priced_by, refuse_other_prices
from bench.request_file import RATES, write_prices, write_requests
from bench.rollup_results import differences
from bench.rollups import commands, run_in_turn
from bench.sizes import SMALL
from bench.staged_traffic import Traffic, stage_traffic

from models.chargeback import chargeback
from models.viewer import operator

ROOT = Path(__file__).parents[1]
PEERS_ABSENT = "the benchmark's peers are not installed: run `make peers`"
GUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

Require = Callable[[bool, str], None]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the prices and three thousand requests that roll-ups read."""
    folder = tmp_path_factory.mktemp("rollup")
    write_prices(folder / "prices.parquet")
    write_requests(folder / "requests.parquet", 3_000, callers=7)
    return folder


@pytest.fixture(scope="module")
def built_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with four thousand staged requests of two days, built by the command."""
    folder = tmp_path_factory.mktemp("month") / "data"
    traffic = Traffic(4_000, date(2026, 10, 6), 2, callers=50)
    staged(folder, traffic)
    built(folder, traffic.ends_at)
    return folder


def test_staged_traffic_has_what_a_month_of_log_rows_has(tmp_path: Path) -> None:
    stage_traffic(tmp_path / "data", Traffic(20_000, date(2026, 10, 1), 31, callers=300))
    connection = duckdb.connect()
    connection.execute(f"attach '{tmp_path / 'data' / 'warehouse.duckdb'}' as w (read_only)")

    def one(statement: str) -> tuple[float, ...]:
        row = connection.execute(statement).fetchone()
        assert row is not None
        return tuple(float(value) for value in row)

    calls, refused, callers, models = one(
        "select count(*), count_if(response_code <> 200), count(distinct response_oid),"
        " count(distinct backend_deployment) from w.staging.gateway_requests"
    )
    assert (calls, callers, models) == (20_000, 300, 5)
    assert refused / calls == pytest.approx(0.01, abs=0.003)
    lines, zeros, with_usage = one(
        "select count(*), count_if(input_tokens + output_tokens = 0),"
        " count(distinct correlation_id) from w.staging.llm_rows"
    )
    assert lines / calls == pytest.approx(1.4, abs=0.03)
    assert lines - zeros == with_usage
    assert (calls - refused - with_usage) / calls == pytest.approx(0.003, abs=0.0015)
    for raw, staging in (("gateway_log", "gateway_requests"), ("llm_log", "llm_rows")):
        assert one(
            f"select count(*) from w.raw.{raw} as r full join w.staging.{staging} as s"
            " on r.item_id = s.item_id::varchar"
            " and r.correlation_id::varchar = s.correlation_id::varchar"
            " where r.item_id is null or s.item_id is null"
        ) == (0,)
    ids = "item_id::varchar, correlation_id::varchar, session_id::varchar, response_oid::varchar"
    (shapes,) = one(
        f"select count(*) from (select unnest([{ids}]) as id from w.staging.gateway_requests)"
        f" where not regexp_full_match(id, '{GUID}')"
    )
    assert shapes == 0
    (busiest,) = one(
        "select sum(n) / 20000 from (select count(*) as n from w.staging.gateway_requests"
        " group by response_oid order by n desc limit 30)"
    )
    assert 0.3 < busiest < 0.5  # a tenth of the callers


def test_a_build_of_staged_traffic_books_every_request_and_token(built_month: Path) -> None:
    connection = duckdb.connect()
    connection.execute(f"attach '{built_month / 'warehouse.duckdb'}' as w (read_only)")
    tokens = connection.execute(
        "select sum(prompt_tokens), sum(completion_tokens) from w.raw.llm_log"
    ).fetchone()
    connection.close()
    rows = _chargeback(built_month, "model")
    assert ledger_requests(built_month) == answered_requests(built_month)
    assert sum(row["requests"] for row in rows) == answered_requests(built_month)
    assert tokens == tuple(
        sum(row[column] or 0 for row in rows) for column in ("input_tokens", "output_tokens")
    )
    assert {row["label"] for row in rows} == {"", "unmetered"}
    assert all(row["list_cost_usd"] for row in rows if not row["label"])


def test_our_nested_month_is_json_that_adds_up_to_the_chargeback(built_month: Path) -> None:
    days = [json.loads(text) for _, text in nested(built_month / "published")]
    callers = [caller for day in days for caller in day]
    rows = _chargeback(built_month, "user")
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for caller in callers:
        spent[caller["caller"]] += Decimal(caller["spend_usd"])
        assert Decimal(caller["spend_usd"]) == sum(
            Decimal(part["spend_usd"] or 0) for part in caller["parts"]
        )
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        booked[row["oid"]] += row["list_cost_usd"] or 0
    assert len(days) == 2
    assert spent == booked
    requests = sum(part["requests"] for caller in callers for part in caller["parts"])
    assert requests == answered_requests(built_month)


def test_our_roll_up_is_that_of_a_few_lines_of_python(files: Path) -> None:
    run_in_turn_keeping(files)
    connection = duckdb.connect()
    prices = _rows(connection, files / "prices.parquet")
    groups: dict[tuple[str, str, date], list[Decimal | int]] = defaultdict(lambda: [0] * 7)
    for call in _rows(connection, files / "requests.parquet"):
        tokens = {rate: call[f"{rate}_tokens"] for rate in RATES}
        prompt = sum(tokens.values()) - tokens["output"]
        (price,) = [
            price
            for price in prices
            if price["model"] == call["model"]
            and price["valid_from"] <= call["usage_time"] < price["valid_to"]
            and price["prompt_over_tokens"] < prompt <= price["prompt_up_to_tokens"]
        ]
        cost = sum((tokens[rate] * price[f"{rate}_usd"] for rate in RATES), Decimal(0))
        group = groups[call["caller"], call["model"], call["usage_time"].date()]
        for place, amount in enumerate((1, *tokens.values(), cost)):
            group[place] += amount
    ours = {
        (row["caller"], row["model"], row["day"]): [
            row["requests"],
            *(row[f"{rate}_tokens"] for rate in RATES),
            row["list_cost_usd"],
        ]
        for row in _rows(connection, files / "ours.parquet")
    }
    assert ours == groups


def test_every_engine_rolls_up_to_the_same(files: Path, require_heavy: Require) -> None:
    require_heavy(PEERS_PYTHON.exists(), PEERS_ABSENT)
    engines = commands(with_peers=True)
    assert set(engines) == {"tollbook", "polars", "chdb", "pandas"}
    runs = run_in_turn(files, engines, runs=1)  # ends the process where results differ
    for engine, (run,) in runs.items():
        assert 0 < json.loads(run.printed)["seconds"] < run.seconds, engine
        assert run.peak_rss_mb > 30, engine


@pytest.mark.parametrize(
    "change",
    [
        "list_cost_usd + 0.000000000000001",
        "case when day = '2026-10-03' then 0 else list_cost_usd end",
    ],
)
def test_a_difference_in_the_last_digit_is_seen(files: Path, change: str) -> None:
    run_in_turn_keeping(files)
    duckdb.execute(
        f"copy (select * replace (({change})::decimal(38, 15) as list_cost_usd)"
        f" from '{files / 'ours.parquet'}') to '{files / 'theirs.parquet'}'"
    )
    same = {"ours": files / "ours.parquet", "again": files / "ours.parquet"}
    assert differences(same) == []
    other = {"ours": files / "ours.parquet", "theirs": files / "theirs.parquet"}
    assert len(differences(other)) == 2


def test_peers_price_a_request_as_we_do(files: Path, require_heavy: Require) -> None:
    require_heavy(PEERS_PYTHON.exists(), PEERS_ABSENT)
    sample = files / "sample.jsonl"
    paths = [str(files / "requests.parquet"), str(files / "prices.parquet"), "40", str(sample)]
    measured([sys.executable, "-m", "bench.our_pricing", *paths], {})
    for peer in PEERS:
        answer = priced_by(peer, sample)
        assert answer["seconds"] > 0
        assert len(answer["costs"]) == 40
        refuse_other_prices(peer, sample, answer["costs"])
        with pytest.raises(SystemExit, match=f"{peer} prices"):
            refuse_other_prices(peer, sample, [float(cost) * 1.001 for cost in answer["costs"]])


def test_litellms_month_in_postgresql_is_our_month(tmp_path: Path, require_heavy: Require) -> None:
    require_heavy(not why_absent(), why_absent())
    sizes = SMALL.of(3_000)
    figures = {figure.name: figure for figure in measure_report(tmp_path, sizes)}
    ours = figures["report: tollbook, 0.003 M, the month as nested JSON"]
    theirs = figures["report: litellm in PostgreSQL, 0.003 M, the month as nested JSON"]
    ratio = figures["report: litellm at 0.003 M against tollbook at 0.003 M"]
    assert ratio.value == pytest.approx(theirs.value / ours.value)
    assert ratio.target == 5


def test_an_hour_is_added_to_every_history(tmp_path: Path) -> None:
    sizes = replace(SMALL, history_days=(0, 2), requests_a_day=480, runs=1)
    figures = measure_increment(tmp_path, sizes)
    assert [figure.name for figure in figures if "an hour on" in figure.name] == [
        f"increment: an hour on {days} days of history" for days in sizes.history_days
    ]
    per_day = traffic_of(sizes).requests // (max(sizes.history_days) + 1)
    for days in sizes.history_days:
        # Noon, and after it one hour that only warms beside those that count.
        hours = 24 * days + 12 + 1 + sizes.runs
        folder = tmp_path / f"history-{days}"
        assert answered_requests(folder) == ledger_requests(folder)
        assert ledger_requests(folder) / (per_day * hours / 24) == pytest.approx(0.99, abs=0.02)


def test_traffic_is_numbered_by_time() -> None:
    traffic = Traffic(4_800, TODAY, 2)
    assert traffic.number_at(datetime(2026, 11, 1, 0, tzinfo=UTC)) == 2_400
    assert traffic.number_at(traffic.ends_at) == 4_800


def run_in_turn_keeping(files: Path) -> None:
    """Leave our own roll-up of the files beside them."""
    paths = [files / name for name in ("requests.parquet", "prices.parquet", "ours.parquet")]
    measured([*commands(with_peers=False)["tollbook"], *map(str, paths)], {})


def _chargeback(folder: Path, key: str) -> list[dict[str, object]]:
    answer = chargeback(folder / "published", operator(), month="2026-10", by=[key])
    return answer.records()


def _rows(connection: duckdb.DuckDBPyConnection, file: Path) -> list[dict[str, object]]:
    result = connection.execute("select * from read_parquet($file)", {"file": str(file)})
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
