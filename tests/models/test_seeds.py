"""Reviewed seeds: every problem named with file and line, and nothing half read."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from core_rows import (
    ACCOUNT,
    Books,
    deployment,
    discount,
    gateway,
    oid,
    open_books,
    rows_of,
    subscription,
    write_seed,
)

from jobs.ingestion import Run
from jobs.pipeline import refresh_seeds
from models.errors import SeedError
from models.seed_files import read_seeds
from models.seed_loading import load_seeds
from models.seeds import ALWAYS, FOREVER
from models.warehouse import scalar


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def problems(folder: Path) -> list[str]:
    with pytest.raises(SeedError) as raised:
        read_seeds(folder)
    return str(raised.value).splitlines()


def test_the_products_own_seeds_are_good() -> None:
    tables = read_seeds(None)
    assert set(tables) == {
        "prices.csv",
        "models.csv",
        "discounts.csv",
        "deployments.csv",
        "subscriptions.csv",
        "ownership_rules.csv",
        "unit_names.csv",
        "unit_corrections.csv",
        "owners.csv",
        "units.csv",
        "ccu_prices.csv",
        "exchange_rates.csv",
        "approved_deployments.csv",
        "shared_costs.csv",
        "allocation_policies.csv",
        "allocation_shares.csv",
        "budgets.csv",
        "fiscal_periods.csv",
        "calendars.csv",
    }
    assert len(tables["prices.csv"]) > 50
    assert tables["discounts.csv"] == []


def test_a_tenants_file_replaces_the_products_of_the_same_name(tmp_path: Path) -> None:
    write_seed(tmp_path, "subscriptions.csv", [subscription("key", oid(1).upper())])
    own, replaced = read_seeds(None), read_seeds(tmp_path)
    assert replaced["subscriptions.csv"] == [("key", oid(1), ALWAYS, FOREVER, ALWAYS, FOREVER, "t")]
    assert replaced["prices.csv"] == own["prices.csv"]


def test_discounts_have_their_fixed_form(tmp_path: Path) -> None:
    (tmp_path / "discounts.csv").write_text(
        "model,discount_rate,valid_from,valid_to,recorded_from,source\n"
        "claude-opus-5,0.125,2026-10-01,2027-10-01,2026-09-28T12:00:00+02:00,contract 7\n",
        encoding="utf-8",
    )
    assert read_seeds(tmp_path)["discounts.csv"] == [
        (
            "claude-opus-5",
            Decimal("0.125"),
            datetime(2026, 10, 1),  # noqa: DTZ001 (tables hold naive UTC)
            datetime(2027, 10, 1),  # noqa: DTZ001
            datetime(2026, 9, 28, 10),  # noqa: DTZ001
            FOREVER,
            "contract 7",
        )
    ]


def test_a_recorded_to_is_no_part_of_discounts(tmp_path: Path) -> None:
    write_seed(tmp_path, "discounts.csv", [discount("a", "0.1") | {"recorded_to": ""}])
    assert problems(tmp_path) == [
        "discounts.csv line 1: column 'recorded_to' is unknown: remove it"
    ]


def test_every_problem_of_every_file_is_named_with_its_line(tmp_path: Path) -> None:
    write_seed(
        tmp_path,
        "discounts.csv",
        [
            discount("claude-opus-5", "12.5"),
            discount("", "0.1"),
            discount("claude-opus-5", "0.12345"),
            discount("claude-opus-5", "3e-1"),
            discount("claude-opus-5", "0.1", valid_from="2026-10-02", valid_to="2026-10-02"),
            discount("claude-opus-5", "0.1", valid_from="yesterday"),
            discount("claude-opus-5", "0.1", valid_to="9999-12-31T23:59:59-12:00"),
        ],
    )
    write_seed(
        tmp_path,
        "deployments.csv",
        [
            deployment("a", "one", "claude-opus-5", sku="Standard"),
            deployment("a", "two", "claude-opus-5"),
            deployment("a", "two", "claude-opus-5", valid_from="2026-01-01"),
        ],
    )
    write_seed(tmp_path, "subscriptions.csv", [subscription("key", "anna@tenant.example")])
    found = problems(tmp_path)
    expected = [
        "discounts.csv line 2: discount_rate 12.5 is over 1: write 12.5 % as 0.125",
        "discounts.csv line 3: model is empty: fill it in",
        "discounts.csv line 4: discount_rate 0.12345 has more than four decimals",
        "discounts.csv line 5: discount_rate '3e-1' is no plain decimal",
        "discounts.csv line 7: valid_from 'yesterday' is no day or time: write it as 2026-10-07",
        "discounts.csv line 8: valid_to '9999-12-31T23:59:59-12:00' is no day or time",
        "discounts.csv line 6: valid_to is not after valid_from: correct one of the two",
        "deployments.csv line 2: sku 'Standard' is no known type",
        f"deployments.csv line 4: overlaps line 3 for a, {ACCOUNT}/two: end the older row where",
        "subscriptions.csv line 2: oid 'anna@tenant.example' is no object id",
    ]  # fmt: skip
    for says in expected:
        assert [line for line in found if line.startswith(says)], (says, found)
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "is not UTF-8 text: save it as CSV UTF-8"),
        (b"", "column model is missing: add it"),
        (b"model,discount_rate\n", "column valid_from is missing: add it"),
        (
            b"model,discount_rate,valid_from,valid_to,recorded_from,source\na,b\n",
            "line 2: 2 cells under 6 columns: put a text with a comma in double quotes",
        ),
        (
            b'model,discount_rate,valid_from,valid_to,recorded_from,source\n"a,0.1,,,,\n',
            "correct the quotes and odd characters",
        ),
    ],
)
def test_a_file_that_is_no_seed_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "discounts.csv").write_bytes(content)
    found = problems(tmp_path)
    assert all(line.startswith("discounts.csv") for line in found)
    assert any(says in line for line in found), found


def test_dated_rows_may_follow_each_other_and_be_corrected(tmp_path: Path) -> None:
    noon = "2026-10-05T12:00:00Z"
    write_seed(
        tmp_path,
        "subscriptions.csv",
        [
            subscription("key", oid(1), valid_to=noon),
            subscription("key", oid(2), valid_from=noon, recorded_to="2026-10-20"),
            subscription("key", oid(3), valid_from=noon, recorded_from="2026-10-20"),
        ],
    )
    assert len(read_seeds(tmp_path)["subscriptions.csv"]) == 3


def test_one_bad_file_replaces_nothing(books: Books) -> None:
    kept = rows_of(books.connection, "from warehouse.seeds.deployments order by all")
    folder = books.folder / "seeds"
    write_seed(folder, "deployments.csv", [deployment("new", "one", "claude-plain")])
    write_seed(folder, "subscriptions.csv", [subscription("", "")])
    with pytest.raises(SeedError):
        load_seeds(books.connection, folder)
    assert rows_of(books.connection, "from warehouse.seeds.deployments order by all") == kept


def test_only_what_changed_is_replaced_and_reopens_the_booked_days(books: Books) -> None:
    run = Run(books.connection, books.settings, books.clock, lambda *_: None)
    books.land(gateway(1), gateway(2, "2026-10-09T00:00:00Z"))
    books.connection.execute("delete from warehouse.run.dirty_days")
    refresh_seeds(run)
    count = "select count(*) from warehouse.run.dirty_days"
    assert scalar(books.connection, count) == 0
    write_seed(books.folder / "seeds", "discounts.csv", [discount("claude-plain", "0.1")])
    assert load_seeds(books.connection, books.folder / "seeds") == ["discounts.csv"]
    assert scalar(books.connection, count) == 2
    assert load_seeds(books.connection, books.folder / "seeds") == []
    assert scalar(books.connection, count) == 2
    books.connection.execute("delete from warehouse.run.dirty_days")
    write_seed(books.folder / "seeds", "discounts.csv", [discount("claude-plain", "0.2")])
    refresh_seeds(run)
    assert scalar(books.connection, count) == 2


def test_a_seed_is_not_taken_when_its_days_cannot_be_marked(books: Books) -> None:
    """Otherwise a run killed in between would leave history at the old price for ever."""
    books.land(gateway(1))
    kept = rows_of(books.connection, "from warehouse.seeds.discounts order by all")
    read = rows_of(books.connection, "from warehouse.run.inputs order by all")
    write_seed(books.folder / "seeds", "discounts.csv", [discount("claude-plain", "0.3")])
    books.connection.execute("drop table warehouse.run.dirty_days")
    with pytest.raises(duckdb.Error, match="dirty_days"):
        load_seeds(books.connection, books.folder / "seeds")
    assert rows_of(books.connection, "from warehouse.seeds.discounts order by all") == kept
    assert rows_of(books.connection, "from warehouse.run.inputs order by all") == read


def test_amounts_arrive_exactly_and_the_zone_multiplier_is_in_them(books: Books) -> None:
    found = rows_of(
        books.connection,
        "from warehouse.seeds.prices where model = 'claude-band' and prompt_over_tokens = 0",
    )
    by_zone = {row["zone"]: row for row in found}
    assert by_zone["global"]["input_usd"] == Decimal("0.0000001")
    assert by_zone["us_data_zone"]["input_usd"] == Decimal("0.00000011")
    assert by_zone["us_data_zone"]["cache_write_5m_usd"] == Decimal("0.00000275")
