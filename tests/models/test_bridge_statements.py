"""Whatever is used and billed: the bridge's lines and the chargeback's rows are the invoice."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.bridge import KEYS
from models.chargeback import KEY_COLUMNS
from models.sql_files import sql
from models.warehouse import Connection, build, in_memory

FIRST = date(2026, 10, 1)
WALK = {"list", "discount", "legacy", "cause", "residual"}
MODELS = ("claude-plain", "claude-band", "claude-fable-5")
GROUPS = ("rg-one", "rg-two")
CHARGE_TYPES = (
    *("usage", "usage", "purchase", "refund", "credit", "adjustment", "rounding", "tax", "other"),
)

_TABLES = """
create table daily (
    usage_day date, caller_id integer, unit_id integer, llm_model_id integer,
    deployment_id integer, client_id integer, label varchar, cost_status varchar,
    requests integer, input_tokens bigint, output_tokens bigint, cache_read_tokens bigint,
    cache_write_5m_tokens bigint, cache_write_1h_tokens bigint, list_cost_usd decimal(38, 15),
    measured_cost_usd decimal(38, 15), calibrated_cost_usd decimal(38, 15),
    estimated_cost_usd decimal(38, 15), contracted_cost_usd decimal(38, 15),
    billed_cost_usd decimal(38, 15), cost_low_usd decimal(38, 15), cost_high_usd decimal(38, 15),
    cost_variance double default 0, cost_deviation double default 0
);
create table billed (
    usage_day date, resource_group varchar, kind varchar, llm_model varchar, charge_type varchar,
    is_correction boolean, ccu decimal(38, 15), amount_usd decimal(38, 15)
);
create table billed_days (usage_day date, is_known boolean, is_settled boolean);
create table traffic (
    hour timestamp, kind varchar, resource varchar, logged_requests bigint, platform_requests bigint
);
create table callers (caller_id integer, oid varchar, display_name varchar);
create table units (unit_id integer, unit varchar);
create table clients (client_id integer, client varchar);
create table llm_models as select * from (values
    (0, 'claude-plain'), (1, 'claude-band'), (2, 'claude-fable-5')) as t (llm_model_id, llm_model);
create table deployments as select * from (values
    (0, 'a', 'one'), (1, 'b', 'two')) as t (deployment_id, deployment, account);
create table groups (group_id integer, group_oid varchar, "group" varchar);
create table accounts as select * from (values
    ('one', 'rg-one'), ('two', 'rg-two')) as t (account, resource_group);
create table billing_rules as select '^claude-fable-' as unbilled_refusals;
create table ccu_prices as select
    0.01::decimal(38, 15) as ccu_price_usd,
    timestamp '1970-01-01' as valid_from, timestamp '9999-12-31' as valid_to;
create table allocations (shared_cost varchar, first_day date, end_day date);
create table allocated_daily (
    usage_day date, caller_id integer, unit_id integer, llm_model_id integer, client_id integer,
    label varchar, has_use boolean, shared_cost_usd decimal(38, 15), residual_usd decimal(38, 15)
);
create view legacy_meters as select distinct usage_day, resource_group, llm_model from billed
    where kind = 'legacy' and charge_type in ('usage', 'purchase') and not is_correction;
"""


@pytest.fixture(scope="module")
def views() -> Iterator[Connection]:
    """The published views over empty tables."""
    connection = in_memory()
    connection.execute("set threads = 1")
    connection.execute(_TABLES)
    variables = {
        "sees_everything": True,
        "log_from": FIRST + timedelta(1),
        "log_until": FIRST + timedelta(3),
        "factor_less_one": Decimal("-0.1"),
        "factor_model": "claude-plain",
    }
    for name, value in variables.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    for macros in ("statistics", "money", "currency"):
        connection.execute(sql(f"macros/{macros}"))
    for name in KEY_COLUMNS:
        connection.execute(f"set variable by_{name} = false")
    for view in ("metered_daily", "invoiced_daily", "billed_daily", "caller_lines"):
        connection.execute(f"create view {view} as\n{sql(f'published/{view}')}")
    connection.execute("create schema bridge")
    yield connection
    connection.close()


def fill(
    connection: Connection,
    usage: list[dict[str, Any]],
    bill: list[dict[str, Any]],
    days: list[dict[str, Any]],
) -> None:
    """Put a test's rows in the tables, and derive the bridge from them."""
    for table, rows in (("daily", usage), ("billed", bill), ("billed_days", days)):
        connection.execute(f"delete from {table}")
        for row in rows:
            marks = ", ".join("?" * len(row))
            connection.execute(
                f"insert into {table} ({', '.join(row)}) values ({marks})", [*row.values()]
            )
    for table in ("kinds", "usage", "hours", "days", "mismatches", "steps", "bounds", "memos"):
        build(connection, f"bridge.{table}")


def query(connection: Connection, name: str, **variables: Any) -> list[dict[str, Any]]:
    for variable, value in variables.items():
        connection.execute(f"set variable {variable} = $value", {"value": value})
    result = connection.execute(sql(name))
    names = [column[0] for column in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def lines(connection: Connection, *by: str) -> list[dict[str, Any]]:
    return query(connection, "reports/reconciliation", **{f"by_{key}": key in by for key in KEYS})


def exact(rows: list[dict[str, Any]], column: str = "amount_usd") -> Fraction:
    return sum((Fraction(row[column]) for row in rows if row[column] is not None), Fraction())


def invoice(bill: list[dict[str, Any]], days: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the CCU invoice before tax of the days whose bill is known, by hand."""
    known = {row["usage_day"] for row in days if row["is_known"]}
    return [
        row
        for row in bill
        if row["kind"] == "ccu" and row["charge_type"] != "tax" and row["usage_day"] in known
    ]


DAYS = st.sampled_from([FIRST + timedelta(number) for number in range(5)])
AMOUNTS = st.decimals(
    min_value=Decimal("-1e6"), max_value=Decimal("1e6"), places=15, allow_nan=False
)
COSTS = st.decimals(min_value=0, max_value=Decimal("1e6"), places=15, allow_nan=False)


@st.composite
def usages(draw: st.DrawFn) -> dict[str, Any]:
    cost = draw(st.none() | COSTS)
    high = draw(st.none() | COSTS)
    return {
        "usage_day": draw(DAYS),
        "llm_model_id": draw(st.none() | st.integers(0, 2)),
        "deployment_id": draw(st.none() | st.integers(0, 1)),
        "label": draw(
            st.sampled_from(
                ["", "unattributed", "unmetered", "unpriced", "pool", "outside_gateway"]
            )
        ),
        "cost_status": "partial",
        "requests": draw(st.integers(0, 9)),
        "input_tokens": draw(st.none() | st.integers(0, 9)),
        "list_cost_usd": cost,
        "measured_cost_usd": cost,
        "calibrated_cost_usd": cost and Decimal(0),
        "estimated_cost_usd": cost and Decimal(0),
        "contracted_cost_usd": cost and draw(COSTS),
        "cost_low_usd": cost,
        "cost_high_usd": high if cost is None or high is None else cost + high,
    }


CHARGES = st.fixed_dictionaries(
    {
        "usage_day": DAYS,
        "resource_group": st.sampled_from([*GROUPS, "rg-other", ""]),
        "kind": st.sampled_from(["ccu", "ccu", "ccu", "legacy", "other_claude"]),
        "llm_model": st.sampled_from(MODELS),
        "charge_type": st.sampled_from(CHARGE_TYPES),
        "is_correction": st.booleans(),
        "amount_usd": AMOUNTS,
    }
)
KNOWN_DAYS = st.lists(
    st.fixed_dictionaries(
        {"usage_day": DAYS, "is_known": st.booleans(), "is_settled": st.booleans()}
    ),
    unique_by=lambda row: row["usage_day"],
)


_UNKNOWN = {
    "usage_day": FIRST + timedelta(1),
    "llm_model_id": 0,
    "deployment_id": None,
    "label": "",
    "cost_status": "partial",
    "requests": 1,
    "input_tokens": None,
    "list_cost_usd": None,
    "contracted_cost_usd": None,
    "cost_low_usd": None,
    "cost_high_usd": None,
}
_KNOWN = _UNKNOWN | {
    "deployment_id": 0,
    "list_cost_usd": Decimal(1),
    "measured_cost_usd": Decimal(1),
    "contracted_cost_usd": Decimal(5),
    "cost_low_usd": Decimal(1),
}


@settings(max_examples=30, deadline=None)
@example(
    usage=[_UNKNOWN, _KNOWN],
    bill=[],
    days=[{"usage_day": FIRST + timedelta(1), "is_known": True, "is_settled": True}],
)
@given(usage=st.lists(usages(), max_size=12), bill=st.lists(CHARGES, max_size=12), days=KNOWN_DAYS)
def test_the_lines_add_up_to_the_invoice_by_every_key(
    views: Connection,
    usage: list[dict[str, Any]],
    bill: list[dict[str, Any]],
    days: list[dict[str, Any]],
) -> None:
    expected = exact(invoice(bill, days))
    fill(views, usage, bill, days)
    for by in [combination for size in range(3) for combination in combinations(KEYS, size)]:
        rows = lines(views, *by)
        assert exact([row for row in rows if row["kind"] in WALK]) == expected, by
        assert exact([row for row in rows if row["kind"] == "total"]) == expected, by
        for total in (row for row in rows if row["kind"] in {"subtotal", "total"}):
            before = [
                row
                for row in rows
                if row["kind"] in WALK
                and row["place"] < total["place"]
                and all(row[key] == total[key] for key in KEYS)
            ]
            assert Fraction(total["amount_usd"]) == exact(before), (by, total)
            assert not before or before[-1]["running_usd"] == total["amount_usd"]


@settings(max_examples=25, deadline=None)
@given(usage=st.lists(usages(), max_size=12), bill=st.lists(CHARGES, max_size=12), days=KNOWN_DAYS)
def test_the_chargeback_adds_up_to_the_invoice_by_every_key(
    views: Connection,
    usage: list[dict[str, Any]],
    bill: list[dict[str, Any]],
    days: list[dict[str, Any]],
) -> None:
    charges = invoice(bill, days)
    known = {row["usage_day"] for row in days if row["is_known"]}
    legacy = {
        (row["usage_day"], row["resource_group"], row["llm_model"])
        for row in bill
        if row["kind"] == "legacy"
        and row["charge_type"] in {"usage", "purchase"}
        and not row["is_correction"]
    }
    fill(views, usage, bill, days)
    for key in KEY_COLUMNS:
        by = {f"by_{name}": name == key for name in KEY_COLUMNS}
        rows = query(views, "reports/chargeback", **by)
        assert exact(rows, "billed_cost_usd") == exact(charges), key
        assert exact(rows, "list_cost_usd") == exact(usage, "list_cost_usd"), key
        corrections = [row for row in rows if row["label"] == "correction"]
        assert exact(corrections, "billed_cost_usd") == exact(
            [row for row in charges if row["is_correction"]]
        )
    for row in query(views, "published/invoiced_daily"):
        if row["label"] in {"residual", "correction"}:
            continue
        group = {0: "rg-one", 1: "rg-two"}.get(row["deployment_id"], "")
        model = MODELS[row["llm_model_id"]] if row["llm_model_id"] is not None else None
        if row["usage_day"] not in known:
            assert row["billed_cost_usd"] is None
        elif (row["usage_day"], group, model) in legacy:
            assert row["billed_cost_usd"] == 0
        else:
            assert row["billed_cost_usd"] == row["contracted_cost_usd"]


@pytest.mark.parametrize("settled", [True, False])
def test_an_amount_that_is_unknown_leaves_what_depends_on_it_unknown(
    views: Connection, settled: bool
) -> None:
    day = {"usage_day": FIRST + timedelta(1), "is_known": True, "is_settled": settled}
    charge = {
        "usage_day": day["usage_day"],
        "resource_group": "rg-one",
        "kind": "ccu",
        "charge_type": "usage",
        "is_correction": False,
        "amount_usd": Decimal(5),
    }
    unknown = charge | {"charge_type": "credit", "amount_usd": None}
    fill(views, [], [charge, unknown], [day])
    found = {row["line"]: row["amount_usd"] for row in lines(views)}
    rest = "residual" if settled else "late_data"
    assert (found["credit"], found[rest], found["billed"]) == (None, None, None)
    by = {f"by_{name}": False for name in KEY_COLUMNS}
    (row,) = query(views, "reports/chargeback", **by)
    assert (row["label"], row["billed_cost_usd"]) == ("residual", None)
