"""Cost exports: the newest complete run of a period counts, with the file's own digits."""

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from core_rows import Books, open_books, rows_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.cost_exports import load_cost_exports
from ingest.landing import Landed

_DATA = Path(__file__).parents[3] / "shared" / "data"
OCTOBER = "20261001-20261031"
HEADER = ("Date", "CostInBillingCurrency", "ChargeType", "Quantity", "MeterName", "Tags")
TOTAL = "select sum(cost_in_billing_currency) as total from warehouse.staging.cost_rows"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    folder = tmp_path / "exported"
    folder.mkdir()
    return folder


def load(books: Books, *places: Path) -> Landed:
    asked = books.settings.model_copy(update={"cost_exports": tuple(map(str, places))})
    return load_cost_exports(books.connection, asked, books.clock)


def table(header: Sequence[str], *rows: Sequence[str]) -> bytes:
    out = StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode()


def costs(*amounts: str, day: str = "2026-10-05") -> bytes:
    return table(HEADER, *([day, amount, "Usage", "1", "CCU", "{}"] for amount in amounts))


def write_run(
    folder: Path,
    run: str,
    parts: dict[str, bytes],
    *,
    submitted: str | None = "2026-10-05T00:00:00Z",
    listed: Sequence[str] | None = None,
    sizes: dict[str, int] | None = None,
) -> None:
    """A run of the export `daily`; its manifest lists the parts, or what is `listed`."""
    (folder / run).mkdir(parents=True, exist_ok=True)
    for name, content in parts.items():
        (folder / run / name).write_bytes(content)
    if submitted is None:
        return
    blobs = [
        {
            "blobName": f"dir/daily/{OCTOBER}/{run}/{name}",
            "byteCount": (sizes or {}).get(name, len(parts.get(name, b"")) or 5),
        }
        for name in (listed or parts)
    ]
    manifest = {"manifestVersion": "2024-04-01", "blobs": blobs}
    manifest["runInfo"] = {"submittedTime": submitted, "startDate": "2026-10-01T00:00:00"}
    (folder / run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8-sig")


def held(books: Books) -> list[dict[str, Any]]:
    return rows_of(books.connection, "from warehouse.staging.cost_rows order by all")


def total(books: Books) -> Decimal | None:
    [row] = rows_of(books.connection, TOTAL)
    value: Decimal | None = row["total"]
    return value


def problems(books: Books) -> dict[str, str]:
    rows = rows_of(books.connection, "from warehouse.run.problems")
    return {row["file"].rpartition("/")[2]: row["reason"] for row in rows}


# Runs.


def test_the_newest_run_of_each_period_counts(books: Books, exported: Path) -> None:
    daily = exported / "dir" / "daily"
    write_run(daily / OCTOBER, "run-b", {"part_0_0001.csv": costs("1")})
    assert load(books, exported) == Landed(1, 1)
    write_run(
        daily / OCTOBER,
        "run-a",
        {"part_0_0001.csv": costs("2"), "part_1_0001.csv": costs("3", "4")},
        submitted="2026-10-06T00:00:00Z",
    )
    write_run(daily / "20260901-20260930", "run-c", {"part_0_0001.csv": costs("100")})
    assert load(books, exported) == Landed(4, 4)
    assert total(books) == Decimal(109)
    assert load(books, exported) == Landed()
    windows = rows_of(books.connection, "select window_start, window_end from warehouse.run.loads")
    assert {(str(w["window_start"])[:10], str(w["window_end"])[:10]) for w in windows} == {
        ("2026-10-01", "2026-11-01"),
        ("2026-09-01", "2026-10-01"),
    }


def test_a_run_counts_once_all_its_parts_are_there(books: Books, exported: Path) -> None:
    period = exported / "daily" / OCTOBER
    write_run(period, "run-1", {"part_0_0001.csv": costs("1")})
    load(books, exported)
    both = ("part_0_0001.csv", "part_1_0001.csv")
    later = "2026-10-06T00:00:00Z"
    write_run(period, "run-2", {both[0]: costs("2")}, submitted=later, listed=both)
    load(books, exported)
    assert total(books) == Decimal(1)
    half = costs("3")[:-4]
    write_run(period, "run-2", {both[1]: half}, submitted=None)
    write_run(
        period, "run-2", {both[0]: costs("2")}, submitted=later, listed=both,
        sizes={both[1]: len(costs("3"))},
    )  # fmt: skip
    load(books, exported)
    assert total(books) == Decimal(1)
    (period / "run-2" / both[1]).write_bytes(costs("3"))
    load(books, exported)
    assert total(books) == Decimal(5)


def test_a_run_without_its_manifest_waits_where_others_have_one(
    books: Books, exported: Path
) -> None:
    period = exported / "daily" / OCTOBER
    write_run(period, "run-1", {"part_0_0001.csv": costs("1")})
    write_run(period, "run-2", {"part_0_0001.csv": costs("2")}, submitted=None)
    load(books, exported)
    assert total(books) == Decimal(1)


def test_runs_without_manifests_go_by_the_time_in_their_path(books: Books, exported: Path) -> None:
    period = exported / "daily" / OCTOBER
    for time, amount in {"202610061200": "6", "202610071200": "7", "202610051200": "5"}.items():
        write_run(period, f"{time}/guid", {"part_0_0001.csv": costs(amount)}, submitted=None)
    load(books, exported)
    assert total(books) == Decimal(7)


def test_an_older_run_does_not_come_back_when_the_newest_is_deleted(
    books: Books, exported: Path
) -> None:
    period = exported / "daily" / OCTOBER
    write_run(period, "run-1", {"part_0_0001.csv": costs("1")})
    write_run(period, "run-2", {"part_0_0001.csv": costs("2")}, submitted="2026-10-06T00:00:00Z")
    load(books, exported)
    for file in (period / "run-2").iterdir():
        file.unlink()
    load(books, exported)
    assert total(books) == Decimal(2)


def test_a_run_that_costs_nothing_replaces_one_that_did(books: Books, exported: Path) -> None:
    period = exported / "daily" / OCTOBER
    write_run(period, "run-1", {"part_0_0001.csv": costs("1")})
    load(books, exported)
    write_run(period, "run-2", {"part_0_0001.csv": costs()}, submitted="2026-10-06T00:00:00Z")
    load(books, exported)
    assert held(books) == []


def test_two_exports_of_one_place_are_two(books: Books, exported: Path) -> None:
    for name in ("one", "two"):
        write_run(exported / name / OCTOBER, "run", {"part_0_0001.csv": costs("1")})
    load(books, exported)
    assert total(books) == Decimal(2)


@pytest.mark.parametrize("below", ["", "daily", f"daily/{OCTOBER}", f"daily/{OCTOBER}/run"])
def test_a_place_may_begin_anywhere_above_the_files(
    books: Books, exported: Path, below: str
) -> None:
    write_run(exported / "daily" / OCTOBER, "run", {"part_0_0001.csv": costs("1", "2")})
    assert load(books, exported / below) == Landed(2, 2)
    [load_record] = rows_of(books.connection, "from warehouse.run.loads")
    assert str(load_record["window_end"]) == "2026-11-01 00:00:00"


def test_old_exports_lie_in_the_period_beside_each_other(books: Books, exported: Path) -> None:
    period = exported / "daily" / OCTOBER
    period.mkdir(parents=True)
    (period / "daily_1.csv").write_bytes(costs("1"))
    load(books, exported)
    (period / "daily_2.csv").write_bytes(costs("2"))
    load(books, exported)
    assert total(books) == Decimal(2)


def test_files_of_a_flat_folder_add_up_and_replace_themselves(books: Books, exported: Path) -> None:
    (exported / "a.csv").write_bytes(costs("1"))
    (exported / "b.csv.gz").write_bytes(gzip.compress(costs("2")))
    load(books, exported)
    assert total(books) == Decimal(3)
    (exported / "a.csv").write_bytes(costs("10", "20"))
    load(books, exported)
    assert total(books) == Decimal(32)


# Columns and amounts.


def test_digits_are_those_of_the_file(books: Books, exported: Path) -> None:
    amounts = ("48213.070000000000001", "1.2E-05", "-0.1", "", "0.1234567890123456")
    (exported / "costs.csv").write_bytes(costs(*amounts))
    load(books, exported)
    found = {row["cost_in_billing_currency"] for row in held(books)}
    # beyond the fifteenth decimal a digit is rounded
    assert found == {
        Decimal("48213.070000000000001"),
        Decimal("0.000012"),
        Decimal("-0.1"),
        None,
        Decimal("0.123456789012346"),
    }


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    amounts=st.lists(
        st.decimals(min_value=-(10**9), max_value=10**9, places=15), min_size=1, max_size=30
    )
)
def test_a_sum_is_the_exact_sum(books: Books, exported: Path, amounts: list[Decimal]) -> None:
    (exported / "costs.csv").write_bytes(costs(*(f"{amount:f}" for amount in amounts)))
    load(books, exported)
    assert total(books) == sum(amounts)


def test_agreements_spell_columns_in_their_own_ways(books: Books, exported: Path) -> None:
    enterprise = table(
        (
            *("Date", "Cost", "BillingCurrencyCode", "MeterName", "ResourceGroup"),
            *("PublisherType", "PublisherName", "InvoiceId", "Tags"),
        ),
        ("10/31/2026", "12.5", "EUR", "CCU", "claude", "Marketplace", "Anthropic", "", '{"a": 1}'),
    )
    customer = table(
        (
            *("date", "costInBillingCurrency", "billingCurrency", "meterName"),
            *("resourceGroupName", "publisherType", "publisherName", "invoiceId"),
            *("costInPricingCurrency", "pricingCurrency", "exchangeRatePricingToBilling"),
            *("previousInvoiceId", "COSTINUSD"),
        ),
        (
            *("2026-10-31T00:00:00Z", "12.5", "EUR", "CCU", "claude", "Marketplace", "Anthropic"),
            *("G1", "13.75", "USD", "0.909090909090909", "G0", "13.75"),
        ),
    )
    (exported / "ea.csv").write_bytes(b"\xef\xbb\xbf" + enterprise)
    (exported / "mca.csv").write_bytes(customer)
    load(books, exported)
    first, second = rows_of(
        books.connection, "from warehouse.staging.cost_rows order by invoice_id nulls first"
    )
    for row in (first, second):
        assert row["format"] == "cost_details"
        assert row["charge_date"] == date(2026, 10, 31)
        assert row["cost_in_billing_currency"] == Decimal("12.5")
        assert (row["billing_currency"], row["resource_group"]) == ("EUR", "claude")
        assert (row["publisher_type"], row["publisher_name"]) == ("Marketplace", "Anthropic")
    assert json.loads(first["rest"])["tags"] == '{"a": 1}'
    assert (second["invoice_id"], second["previous_invoice_id"]) == ("G1", "G0")
    assert second["cost_in_pricing_currency"] == Decimal("13.75")
    assert second["exchange_rate"] == Decimal("0.909090909090909")
    # What another agreement spells in its own way is kept under that name too.
    assert json.loads(second["rest"]) == {"costinusd": "13.75", "resourcegroupname": "claude"}


def test_parquet_is_read_with_its_own_types(books: Books, exported: Path) -> None:
    duckdb.connect().execute(
        "copy (select '2026-10-05T00:00:00Z'::timestamp as ChargePeriodStart,"
        " 0.1::double as BilledCost, 12345678901234.5678::decimal(18, 4) as EffectiveCost,"
        " 'USD' as BillingCurrency, 'Usage' as ChargeCategory, 1e-7::double as ConsumedQuantity,"
        " 'CCU' as ConsumedUnit, map {'a': 'b'} as Tags)"
        f" to '{exported / 'part.snappy.parquet'}' (format parquet)"
    )
    load(books, exported)
    [row] = held(books)
    assert (row["format"], row["charge_date"]) == ("focus", date(2026, 10, 5))
    assert row["cost_in_billing_currency"] == Decimal("0.1")
    assert row["effective_cost"] == Decimal("12345678901234.5678")
    assert (row["quantity"], row["unit_of_measure"]) == (Decimal("0.0000001"), "CCU")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (costs("1,234.5"), "an amount or a date"),
        (costs("1", day="31/12/2026"), "an amount or a date"),
        (costs("1", day="10/5"), "an amount or a date"),
        (costs("9" * 30), "an amount or a date"),
        (costs("1") + b"2026-10-05,1\r\n", "do not fit"),
        (costs("1") + b'2026-10-05,"1\r\n', "do not fit"),
        (table(("Day", "Amount"), ("2026-10-05", "1")), "neither those of cost details"),
        (b"", "neither those of cost details"),
    ],
)
def test_a_file_that_cannot_be_read_keeps_what_was_known(
    books: Books, exported: Path, content: bytes, reason: str
) -> None:
    period = exported / "daily" / OCTOBER
    write_run(period, "run-1", {"part_0_0001.csv": costs("1")})
    load(books, exported)
    bad = content or b"\n"
    write_run(period, "run-2", {"part_0_0001.csv": bad}, submitted="2026-10-06T00:00:00Z")
    (exported / "other.csv").write_bytes(costs("2"))
    load(books, exported)
    assert total(books) == Decimal(3)
    assert reason in problems(books)["part_0_0001.csv"]
    assert list(rows_of(books.connection, "from warehouse.raw.cost_rows")) != []
    # A later run that can be read takes the problem's place.
    write_run(period, "run-2", {"part_0_0001.csv": costs("5")}, submitted="2026-10-06T00:00:00Z")
    load(books, exported)
    assert total(books) == Decimal(7)
    assert problems(books) == {}


def test_a_compressed_file_that_breaks_off_is_skipped(books: Books, exported: Path) -> None:
    (exported / "costs.csv.gz").write_bytes(gzip.compress(costs(*("1",) * 500))[:-20])
    load(books, exported)
    assert held(books) == []
    assert "break off" in problems(books)["costs.csv.gz"]


def test_bytes_that_are_no_text_are_replaced(books: Books, exported: Path) -> None:
    (exported / "costs.csv").write_bytes(costs("1").replace(b"CCU", b"\xffCU"))
    load(books, exported)
    assert held(books)[0]["meter_name"] == "\ufffdCU"


@pytest.mark.parametrize(
    ("name", "billed", "effective"),
    [
        ("focus_1.0_sample_1000rows.csv", None, None),
        ("focus_1.2_virtual_currency_a1.csv", Decimal(200_000), Decimal(0)),
        (
            "focus_1.5draft_ai_billing_multi_model_invoice_via_csp_marketplace.csv",
            Decimal("2037.36"),
            None,
        ),
    ],
)
def test_public_focus_samples_are_read_to_the_last_digit(
    books: Books, name: str, billed: Decimal | None, effective: Decimal | None
) -> None:
    if not (_DATA / name).is_file():
        pytest.skip("the FOCUS samples are not in ../shared/data")
    load(books, _DATA / name)
    with (_DATA / name).open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(held(books)) == len(rows)
    for column, own, stated in (
        ("cost_in_billing_currency", "BilledCost", billed),
        ("effective_cost", "EffectiveCost", effective),
    ):
        expected = sum((Decimal(row[own]) for row in rows), Decimal(0))
        found = sum(row[column] for row in held(books))
        assert found == expected
        assert stated is None or found == stated
    assert all(row["charge_date"] for row in held(books))
