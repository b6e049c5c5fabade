"""Daily cost totals through the real client: exact, complete, and restated."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_rows import Books, open_books, rows_of
from scripted_service import Asked, Reply, scripted_service
from tiny_workspace import DESCRIPTION, write_workspace

from ingest.cost_management import load_cost_totals
from ingest.cost_query import GROUPINGS
from ingest.sandbox.control import SandboxControl
from ingest.sandbox.process import sandbox_process
from ingest.windows import Window
from models.clock import Clock
from models.errors import SourceError
from models.settings import Settings

SCOPE = "/subscriptions/s"
NOW = datetime(2026, 11, 5, 9, 30, tzinfo=UTC)
LATER = datetime(2026, 11, 8, 9, 30, tzinfo=UTC)
DIGITS = "48213.0700000000001"
PLACES = Decimal("1e-15")
MORE = "2026-11-06T00:00:00Z"


def cost_line(day: date, cost: str, quantity: str, **more: str) -> str:
    """One recorded row; its numbers go in as they are written."""
    names = {
        "Date": day.isoformat(),
        "SubscriptionId": "s",
        "ResourceGroup": "rg-claude",
        "PublisherType": "Marketplace",
        "PublisherName": "Anthropic",
        "MeterCategory": "SaaS",
        "MeterName": "CCU",
        "ChargeType": "Usage",
        "BillingCurrency": "USD",
    } | more
    return f'{json.dumps(names)[:-1]}, "CostInBillingCurrency": {cost}, "Quantity": {quantity}}}'


AZURE = {"PublisherType": "Azure", "PublisherName": "Microsoft", "ResourceGroup": "rg-gateway"}
APIM = AZURE | {"MeterCategory": "API Management", "MeterName": "Standard v2 Unit"}
LOGS = AZURE | {"MeterCategory": "Log Analytics", "MeterName": "Analytics Logs Data Ingestion"}


def october() -> Iterator[str]:
    """Every day from 25 September on: enough groups for a second page."""
    for number in range(42):
        day = date(2026, 9, 25) + timedelta(days=number)
        yield cost_line(day, f"{number}.0000000000012{number:02}", f"{number * 100}.5")
        yield cost_line(day, "23.04", "24", **APIM)
        yield cost_line(day, "1.2e-7", "0.5", **LOGS)
        for model in range(30):
            yield cost_line(day, "0.1", "1", MeterName=f"claude {model} input", MeterCategory="ML")
    yield cost_line(date(2026, 10, 6), DIGITS, "4821307")
    yield cost_line(date(2026, 10, 6), "-12.34", "0", ChargeType="Refund")
    # A restatement is a later row of an earlier day, here of one month that is over.
    yield cost_line(date(2026, 10, 7), "100.5", "10050", available_at=MORE)


LINES = list(october())
DESCRIBED = DESCRIPTION.replace("2026-10-03T00:00:00Z", "2026-11-05T09:30:00Z").replace(
    "2026-10-01T00:00:00Z", "2026-09-01T00:00:00Z"
)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = write_workspace(
        tmp_path_factory.mktemp("recorded"), {"costs/october.jsonl": LINES}, DESCRIBED
    )
    with sandbox_process(folder) as url:
        yield url


@pytest.fixture
def sandbox(recorded: str) -> Iterator[str]:
    yield recorded
    with SandboxControl(recorded) as control:
        control.move_clock(NOW)


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def settings_for(url: str, books: Books, **changes: Any) -> Settings:
    given = {
        "data_dir": books.folder / "data",
        "management_endpoint": url,
        "billing_scope": SCOPE,
        "allow_loopback_http": True,
        "retry_wait_seconds": 0.01,
        "retry_attempts": 2,
    }
    return Settings(**(given | changes))


def totals(books: Books) -> list[dict[str, Any]]:
    return rows_of(books.connection, "from warehouse.staging.cost_totals")


def per_day(rows: Sequence[dict[str, Any]]) -> dict[date, Decimal]:
    found: dict[date, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[row["charge_date"]] += row["cost"]
    return dict(found)


def expected(first: date, last: date, now: datetime) -> dict[date, Decimal]:
    """Add the recorded rows up by day, by hand."""
    found: dict[date, Decimal] = defaultdict(Decimal)
    for line in LINES:
        row = json.loads(line, parse_float=Decimal)
        day = date.fromisoformat(row["Date"])
        given = row.get("available_at")
        if first <= day <= last and (not given or datetime.fromisoformat(given) <= now):
            found[day] += row["CostInBillingCurrency"]
    return dict(found)


def test_every_day_adds_up_with_all_its_digits(sandbox: str, books: Books) -> None:
    landed = load_cost_totals(books.connection, settings_for(sandbox, books), Clock(NOW))
    rows = totals(books)
    # From the first day of the month the history begins in, to yesterday; two pages a month.
    assert per_day(rows) == expected(date(2026, 10, 1), date(2026, 11, 4), NOW)
    assert landed.rows_received == landed.rows_new == len(rows) > 1_000
    day = [row for row in rows if row["charge_date"] == date(2026, 10, 6)]
    refund = next(row for row in day if row["charge_type"] == "Refund")
    assert (refund["cost"], refund["quantity"]) == (Decimal("-12.34"), 0)
    claude = next(row for row in day if row["meter_name"] == "CCU" and row is not refund)
    assert claude["cost"] == Decimal(DIGITS) + Decimal("11.000000000001211")
    assert claude["quantity"] == Decimal(4821307) + Decimal("1100.5")
    assert (claude["publisher_type"], claude["currency"]) == ("Marketplace", "USD")
    gateway = next(row for row in day if row["meter_category"] == "API Management")
    assert (gateway["cost"], gateway["resource_group"]) == (Decimal("23.04"), "rg-gateway")
    logs = next(row for row in day if row["meter_category"] == "Log Analytics")
    assert logs["cost"] == Decimal("0.00000012")


def test_a_restated_day_replaces_and_an_unchanged_month_is_not_stored_again(
    sandbox: str, books: Books
) -> None:
    settings = settings_for(sandbox, books)
    clock = Clock(NOW)
    first = load_cost_totals(books.connection, settings, clock)
    again = load_cost_totals(books.connection, settings, clock)
    assert (again.rows_received, again.rows_new) == (first.rows_received, 0)
    before = per_day(totals(books))
    clock.move(LATER)
    with SandboxControl(sandbox) as control:
        control.move_clock(LATER)
    load_cost_totals(books.connection, settings, clock)
    after = per_day(totals(books))
    assert after == expected(date(2026, 10, 1), date(2026, 11, 7), LATER)
    changed = {day for day in after if after[day] != before.get(day)}
    assert changed == {date(2026, 10, 7), date(2026, 11, 5)}
    loads = rows_of(
        books.connection,
        "select window_start, window_end, rows_new > 0 as is_new from warehouse.run.loads"
        " order by load_id",
    )
    spans = [(row["window_start"].day, row["window_end"].day, row["is_new"]) for row in loads]
    assert spans == [
        (1, 1, True),
        (1, 5, True),
        (1, 1, False),
        (1, 5, False),
        (1, 1, True),
        (1, 8, True),
    ]


def test_a_month_that_is_long_over_is_left_alone(sandbox: str, books: Books) -> None:
    settings = settings_for(sandbox, books, history_from=datetime(2026, 9, 1, tzinfo=UTC))
    clock = Clock(NOW)
    load_cost_totals(books.connection, settings, clock)
    clock.move(datetime(2026, 12, 20, tzinfo=UTC))
    seen: list[tuple[str, int, int]] = []
    load_cost_totals(books.connection, settings, clock, lambda *step: seen.append(step))
    assert seen == [("cost totals (months)", number, 4) for number in (1, 2, 3, 4)]
    seen.clear()
    load_cost_totals(books.connection, settings, clock, lambda *step: seen.append(step))
    assert seen == [("cost totals (months)", number, 2) for number in (1, 2)]


def test_a_span_is_read_again_by_whole_days(sandbox: str, books: Books) -> None:
    settings = settings_for(sandbox, books)
    asked = (datetime(2026, 10, 5, 7, tzinfo=UTC), datetime(2026, 10, 6, 1, tzinfo=UTC))
    for _ in range(2):
        load_cost_totals(books.connection, settings, Clock(NOW), asked=asked, again=True)
    assert per_day(totals(books)) == expected(date(2026, 10, 5), date(2026, 10, 6), NOW)


def test_without_a_scope_there_is_nothing_to_do(books: Books) -> None:
    settings = settings_for("https://nowhere.invalid", books, billing_scope=None)
    assert load_cost_totals(books.connection, settings, Clock(NOW)).rows_received == 0


# --- a service that misbehaves --------------------------------------------------------------------

SPAN = (datetime(2026, 10, 6, tzinfo=UTC), datetime(2026, 10, 8, tzinfo=UTC))
MEASURES = ("Cost", "UsageQuantity", "UsageDate")


def grouping_of(asked: Asked) -> tuple[str, ...]:
    return tuple(one["name"] for one in json.loads(asked.body)["dataset"].get("grouping", []))


def table(asked: Asked, *costs: str, day: str = "20261006", link: str | None = None) -> bytes:
    """An answer with a row per cost, as it is written; its groups are called by their number."""
    groups = grouping_of(asked)
    names = (*MEASURES, *groups, "Currency")
    columns = ",".join(f'{{"name": "{name}", "type": "String"}}' for name in names)
    rows = ",".join(
        f'[{cost}, 1.5, {day}, {"".join(f"{json.dumps(str(n))}, " for _ in groups)}"USD"]'
        for n, cost in enumerate(costs)
    )
    properties = f'"nextLink": {json.dumps(link)}, "columns": [{columns}], "rows": [{rows}]'
    return f'{{"properties": {{{properties}}}}}'.encode()


def load(books: Books, script: Any, span: Window = SPAN, **changes: Any) -> list[Asked]:
    with scripted_service(script) as (url, asked):
        settings = settings_for(url, books, **changes)
        load_cost_totals(books.connection, settings, Clock(NOW), asked=span, again=True)
        return asked


def nothing_landed(books: Books) -> bool:
    return not rows_of(books.connection, "from warehouse.run.loads") and not totals(books)


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (Reply(b"{}", 401), r"status 401: grant .* the role Cost Management Reader"),
        (Reply(b"{}", 403), r"status 403: grant .* the role Cost Management Reader"),
        (Reply(b"{}", 404), r"status 404: check TOLLBOOK_BILLING_SCOPE"),
        (Reply(b"{}", 400), r"status 400: check TOLLBOOK_BILLING_SCOPE"),
        (Reply(b"", 429), r"status 429: the next run asks again"),
        (Reply(b""), r"an empty body instead of JSON: the next run asks again"),
        (Reply(b"<html>"), r"a page of HTML instead of JSON: the next run asks again"),
        (Reply(b"[]"), r"JSON that is no object"),
        (Reply(b"{}"), r"no table of columns and rows"),
        (Reply(b'{"properties": {"columns": [{"name": "Cost"}], "rows": [[1]]}}'), "table without"),
        (Reply(b'{"properties": {"columns": [], "rows": [[1]]}}'), r"no table of columns and rows"),
        (Reply(b'{"properties": {', cut=True), r"did not answer .*TOLLBOOK_MANAGEMENT_ENDPOINT"),
    ],
)
def test_a_refusal_says_what_to_do_and_lands_nothing(books: Books, reply: Reply, says: str) -> None:
    with pytest.raises(SourceError, match=says) as raised:
        load(books, [reply])
    assert "Bearer" not in str(raised.value)
    assert nothing_landed(books)


@pytest.mark.parametrize(
    ("cost", "day", "says"),
    [
        ('"12"', "20261006", "an amount that is no number"),
        ("true", "20261006", "an amount that is no number"),
        ("NaN", "20261006", "instead of JSON"),
        ("1", "20261009", "2026-10-09, a day that was not asked for"),
        ("1", '"soon"', "the day 'soon'"),
    ],
)
def test_rows_that_cannot_be_believed_land_nothing(
    books: Books, cost: str, day: str, says: str
) -> None:
    with pytest.raises(SourceError, match=says):
        load(books, lambda asked: Reply(table(asked, cost, day=day)))
    assert nothing_landed(books)


def test_digits_and_both_spellings_of_a_day_are_kept(books: Books) -> None:
    load(books, lambda asked: Reply(table(asked, DIGITS, day='"2026-10-06T00:00:00"')))
    (row,) = totals(books)
    assert (row["cost"], row["charge_date"]) == (Decimal(DIGITS), date(2026, 10, 6))
    assert row["origin"] == SCOPE.strip("/")


def test_what_has_no_cost_is_unknown_and_not_zero(books: Books) -> None:
    load(books, lambda asked: Reply(table(asked, "null")))
    (row,) = totals(books)
    assert row["cost"] is None


def test_every_page_is_read_with_the_same_question(books: Books) -> None:
    def script(asked: Asked) -> Reply:
        if not grouping_of(asked):
            return Reply(table(asked, "6"))
        page = int(asked.options.get("$skiptoken", "0"))
        link = f"{address[0]}{asked.path}?api-version=1&$skiptoken={page + 1}"
        return Reply(table(asked, str(page + 1), link=link if page < 2 else None))

    address: list[str] = []
    with scripted_service(script) as (url, asked):
        address.append(url)
        settings = settings_for(url, books)
        load_cost_totals(books.connection, settings, Clock(NOW), asked=SPAN, again=True)
    assert sorted(row["cost"] for row in totals(books)) == [1, 2, 3]
    assert len(asked) == 4
    assert len({one.body for one in asked[:3]}) == 1
    period = json.loads(asked[0].body)["timePeriod"]
    assert period == {"from": "2026-10-06T00:00:00Z", "to": "2026-10-07T23:59:59Z"}


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ("https://elsewhere.example/query", "a next page elsewhere"),
        ("ftp://127.0.0.1/query", "a next page elsewhere"),
        ("7", "a next page elsewhere"),
        (None, "page after page"),
    ],
)
def test_a_next_page_that_leads_astray_is_not_followed(
    books: Books, link: str | None, says: str
) -> None:
    def script(asked: Asked) -> Reply:
        own = f"{address[0]}{asked.path}?again"
        return Reply(table(asked, "1", link=link or own))

    address: list[str] = []
    with scripted_service(script) as (url, asked):
        address.append(url)
        settings = settings_for(url, books)
        with pytest.raises(SourceError, match=says):
            load_cost_totals(books.connection, settings, Clock(NOW), asked=SPAN, again=True)
    assert len(asked) <= 3
    assert nothing_landed(books)


def test_groups_must_add_up_to_the_total(books: Books) -> None:
    def script(asked: Asked) -> Reply:
        return Reply(table(asked, *(("1", "1.01") if grouping_of(asked) else ("2",))))

    with pytest.raises(SourceError, match=r"the groups of 2026-10-06 do not add up to its total"):
        load(books, script)
    assert nothing_landed(books)


def test_costs_that_change_between_two_questions_are_asked_for_again(books: Books) -> None:
    said = iter(["1", "2", "2", "2"])
    assert len(load(books, lambda asked: Reply(table(asked, next(said))))) == 4
    assert [row["cost"] for row in totals(books)] == [2]


def test_where_few_groups_are_allowed_two_are_asked_for(books: Books) -> None:
    def script(asked: Asked) -> Reply:
        if len(grouping_of(asked)) > 2:
            text = "Invalid query definition: Dataset can have at most 2 groupings"
            return Reply(json.dumps({"error": {"message": text}}).encode(), 400)
        return Reply(table(asked, "1"))

    asked = load(books, script)
    assert [grouping_of(one) for one in asked] == [*GROUPINGS, ()]
    (row,) = totals(books)
    assert (row["publisher_type"], row["meter_name"], row["meter_category"]) == ("0", "0", None)


def test_nothing_is_no_cost_unless_there_was_one(books: Books) -> None:
    assert len(load(books, [Reply(b"", 204)])) == 2
    assert len(rows_of(books.connection, "from warehouse.run.loads")) == 1
    load(books, lambda asked: Reply(table(asked, "1")))
    with pytest.raises(SourceError, match=r"nothing \(204\) from 2026-10-06T00:00:00Z on, though"):
        load(books, [Reply(b"", 204)])
    assert len(totals(books)) == 1
    # An empty table does say that the days cost nothing.
    load(books, lambda asked: Reply(table(asked)))
    assert totals(books) == []


def test_a_day_back_at_an_earlier_cost_is_stored_again(books: Books) -> None:
    for cost in ("1", "2", "1", "1"):
        load(books, lambda asked, cost=cost: Reply(table(asked, cost)))
        assert [row["cost"] for row in totals(books)] == [int(cost)]
    assert len(rows_of(books.connection, "from warehouse.raw.cost_totals")) == 3


def test_a_limit_is_waited_out_as_the_service_asks(books: Books) -> None:
    header = {"x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after": "999"}
    with pytest.raises(SourceError, match="status 429"):
        load(books, [Reply(b"", 429, header)], retry_longest_wait_seconds=10)
    header = {"x-ms-ratelimit-microsoft.costmanagement-entity-retry-after": "0"}
    replies = iter([Reply(b"", 429, header)])
    assert len(load(books, lambda asked: next(replies, Reply(table(asked, "1"))))) == 3
