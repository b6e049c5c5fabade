import csv
import io
import json
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.policies import HeadersPolicy, SansIOHTTPPolicy
from azure.mgmt.costmanagement import CostManagementClient
from tiny_workspace import DESCRIPTION, write_workspace

from ingest.sandbox import costs
from ingest.sandbox.process import sandbox_process

SCOPE = "/subscriptions/s"
BILLING = "/providers/Microsoft.Billing/billingAccounts/b:1_2/billingProfiles/p"
BEARER = {"Authorization": "Bearer any"}
NOW = datetime(2026, 11, 5, tzinfo=UTC)
FILE = "costs/october.jsonl"
GROUPS = ("rg-claude", "RG-Gateway")
DIGITS = "48213.0700000000001"


def text_row(number, day, cost, group, **more):
    """One recorded line; `cost` and `Quantity` go in as they are written."""
    names = {
        "Date": day,
        "SubscriptionId": "s" if number % 4 else "other",
        "ResourceGroup": group,
        "MeterCategory": "Claude" if group == GROUPS[0] else "API Management",
        "PublisherType": "Marketplace" if group == GROUPS[0] else "Azure",
        "PublisherName": "Anthropic" if group == GROUPS[0] else "Microsoft",
        "ChargeType": "Usage",
        "BillingCurrency": "USD",
        "InvoiceId": "",
        "Tags": {"number": number},
        **more,
    }
    return json.dumps(names)[:-1] + f', "CostInBillingCurrency": {cost}, "Quantity": {number}.50}}'


def lines():
    first = date(2026, 9, 29)
    for number in range(120):
        day = first + timedelta(days=number // 3)
        written = day.strftime("%m/%d/%Y") if number % 2 else day.isoformat()
        cost = f"{number}.{number:03}0000000000{number % 10}"
        yield text_row(number, written, cost, GROUPS[number % 2])
    yield text_row(1, "2026-10-06", DIGITS, GROUPS[0], InvoiceId="E1", available_at=None)
    yield text_row(2, "2026-10-06", "-12.34", GROUPS[0], InvoiceId="E1", ChargeType="Refund")
    late = "2026-11-20T00:00:00Z"
    yield text_row(3, "2026-10-07", "1000", GROUPS[0], available_at=late)
    yield text_row(3, "2026-10-07", "5.00", GROUPS[0], BillingCurrency="EUR")


LINES = list(lines())
BROKEN = [
    "{broken",
    text_row(1, "yesterday", "1", GROUPS[0]),
    text_row(1, "2026-10-06", '"much"', GROUPS[0]),
    text_row(1, "2026-10-06", "1e999999", GROUPS[0]),
    text_row(1, "2026-10-06", "1", GROUPS[0], available_at="soon"),
]
DESCRIBED = DESCRIPTION.replace("2026-10-03T00:00:00Z", "2026-11-05T00:00:00Z").replace(
    'billing_scope = "/subscriptions/s"', f'billing_scope = "{BILLING}"'
)


def day_of(row):
    text = row["Date"]
    if "/" in text:
        month, day, year = text.split("/")
        return date(int(year), int(month), int(day))
    return date.fromisoformat(text)


def visible(now=NOW):
    for line in LINES:
        row = json.loads(line, parse_float=Decimal)
        day = day_of(row)
        after = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
        given = row.pop("available_at", None)
        if (datetime.fromisoformat(given) if given else after) <= now:
            yield row


OCTOBER = {"from": "2026-10-01T00:00:00Z", "to": "2026-10-31T23:59:59Z"}


def definition(aggregation=("Cost",), **dataset):
    measures = {name.lower(): {"name": name, "function": "Sum"} for name in aggregation}
    return {
        "type": "ActualCost",
        "timeframe": "Custom",
        "timePeriod": OCTOBER,
        "dataset": {"granularity": "Daily", "aggregation": measures, **dataset},
    }


def dimension(name):
    return {"type": "Dimension", "name": name}


def is_in(name, *values):
    return {"dimensions": {"name": name, "operator": "In", "values": list(values)}}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = write_workspace(
        tmp_path_factory.mktemp("recorded"), {FILE: [*LINES, *BROKEN]}, DESCRIBED
    )
    with sandbox_process(folder) as url:
        header = HeadersPolicy(base_headers=BEARER)
        given = {"base_url": url, "authentication_policy": header}
        with CostManagementClient(object(), **given) as client:
            yield SimpleNamespace(url=url, client=client)


@pytest.fixture
def clock(server):
    yield lambda now: httpx.post(f"{server.url}/sandbox/clock", json={"now": now.isoformat()})
    httpx.post(f"{server.url}/sandbox/clock", json={"now": NOW.isoformat()}).raise_for_status()


@pytest.fixture
def ask(server):
    """Ask with the real client; the answer's properties with numbers as they were written."""

    def query(body, scope=BILLING):
        raw = []
        server.client.query.usage(
            scope, body, raw_response_hook=lambda response: raw.append(response.http_response)
        )
        if raw[0].status_code == 204:
            return None
        return json.loads(raw[0].text(), parse_float=Decimal)["properties"]

    return query


def grouped(rows, *names, cost="CostInBillingCurrency"):
    """{values of the names: exact sum}, of rows in October."""
    found = defaultdict(Decimal)
    for row in rows:
        if day_of(row).month == 10:
            key = tuple(
                int(f"{day_of(row):%Y%m%d}") if name == "Date" else row[name] for name in names
            )
            found[key] += row[cost]
    return dict(found)


def test_the_client_reads_daily_costs(server):
    result = server.client.query.usage(BILLING, definition())
    assert [(column.name, column.type) for column in result.columns] == [
        ("Cost", "Number"),
        ("UsageDate", "Number"),
        ("Currency", "String"),
    ]
    wanted = grouped(visible(), "Date", "BillingCurrency")
    assert {(row[1], row[2]): row[0] for row in result.rows} == {
        key: float(cost) for key, cost in wanted.items()
    }
    assert [row[1] for row in result.rows] == sorted(row[1] for row in result.rows)
    assert result.next_link is None


def test_numbers_keep_their_digits(ask):
    answer = ask(
        definition(
            filter={
                "and": [is_in("ChargeType", "usage"), is_in("InvoiceId", "E1")],
            }
        )
    )
    assert answer["rows"] == [[Decimal(DIGITS), 20261006, "USD"]]
    assert str(answer["rows"][0][0]) == DIGITS


def test_sums_are_exact_in_every_group(ask):
    body = definition(
        ("Cost", "UsageQuantity"), grouping=[dimension("ResourceGroup"), dimension("PublisherType")]
    )
    names = ("Date", "ResourceGroup", "PublisherType", "BillingCurrency")
    costs_by_key = grouped(visible(), *names)
    quantities = grouped(visible(), *names, cost="Quantity")
    rows = ask(body)["rows"]
    assert {tuple(row[2:]): (row[0], row[1]) for row in rows} == {
        key: (costs_by_key[key], quantities[key]) for key in costs_by_key
    }
    assert len(rows) == len(costs_by_key) > 60


def test_costs_in_dollars_are_known_where_the_rows_say_so(ask):
    rows = ask(definition(("CostUSD",), granularity="None"))["rows"]
    wanted = grouped(visible(), "BillingCurrency")
    assert rows == [[None, "EUR"], [wanted[("USD",)], "USD"]]


def test_months_and_totals(ask):
    year = {"from": "2026-01-01T00:00:00Z", "to": "2026-12-31T00:00:00Z"}
    monthly = {**definition(granularity="Monthly"), "timePeriod": year}
    found = defaultdict(Decimal)
    for row in visible():
        found[f"{day_of(row):%Y-%m}-01T00:00:00", row["BillingCurrency"]] += row[
            "CostInBillingCurrency"
        ]
    assert {(row[1], row[2]): row[0] for row in ask(monthly)["rows"]} == dict(found)
    total = ask({**definition(granularity="None"), "timePeriod": year})
    assert [column["name"] for column in total["columns"]] == ["Cost", "Currency"]
    assert sum(row[0] for row in total["rows"]) == sum(found.values())


def test_filters_combine(ask):
    body = definition(
        filter={
            "or": [
                {"and": [is_in("resourcegroup", "RG-GATEWAY"), is_in("SubscriptionId", "other")]},
                is_in("MeterCategory", "Claude", "None such"),
            ]
        }
    )
    wanted = grouped(
        (
            row
            for row in visible()
            if (row["ResourceGroup"] == GROUPS[1] and row["SubscriptionId"] == "other")
            or row["MeterCategory"] == "Claude"
        ),
        "Date",
        "BillingCurrency",
    )
    assert {(row[1], row[2]): row[0] for row in ask(body)["rows"]} == wanted


@pytest.mark.parametrize(
    ("scope", "takes"),
    [
        (SCOPE, lambda row: row["SubscriptionId"] == "s"),
        (f"{SCOPE}/resourceGroups/rg-gateway", lambda row: row["ResourceGroup"] == GROUPS[1]),
    ],
)
def test_a_scope_shows_its_own_rows(ask, scope, takes):
    rows = [row for row in visible() if row["SubscriptionId"] == "s" and takes(row)]
    wanted = grouped(rows, "BillingCurrency")
    assert {(row[1],): row[0] for row in ask(definition(granularity="None"), scope)["rows"]} == (
        wanted
    )


def test_a_scope_of_another_tenant_is_refused(ask):
    for scope in ("/subscriptions/nobody", "/providers/Microsoft.Billing/billingAccounts/other"):
        with pytest.raises(HttpResponseError) as error:
            ask(definition(), scope)
        assert error.value.status_code == 403
        assert error.value.error.code == "RBACAccessDenied"


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 10, 7, tzinfo=UTC),
        datetime(2026, 10, 6, 23, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 19, tzinfo=UTC),
        datetime(2026, 11, 20, tzinfo=UTC),
    ],
)
def test_a_row_is_there_from_the_moment_it_became_available(ask, clock, now):
    clock(now)
    wanted = grouped(visible(now), "BillingCurrency")
    rows = ask(definition(granularity="None"))["rows"]
    assert {(row[1],): row[0] for row in rows} == wanted


@pytest.mark.parametrize(
    ("frame", "first", "last"),
    [
        ("MonthToDate", (10, 1), (10, 14)),
        ("BillingMonthToDate", (10, 1), (10, 14)),
        ("TheCurrentMonth", (10, 1), (10, 31)),
        ("TheLastMonth", (9, 1), (9, 30)),
        ("TheLastBillingMonth", (9, 1), (9, 30)),
        ("WeekToDate", (10, 12), (10, 14)),
    ],
)
def test_time_frames_count_from_the_clock(ask, clock, frame, first, last):
    now = datetime(2026, 10, 14, 12, tzinfo=UTC)
    clock(now)
    body = {**definition(), "timeframe": frame, "timePeriod": None}
    days = {row[1] for row in ask(body)["rows"]}
    assert days == {
        int(f"{day_of(row):%Y%m%d}")
        for row in visible(now)
        if date(2026, *first) <= day_of(row) <= date(2026, *last)
    }


def test_no_data_is_no_content(ask):
    period = {"from": "2025-01-01T00:00:00Z", "to": "2025-01-31T00:00:00Z"}
    assert ask({**definition(), "timePeriod": period}) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (definition(grouping=[dimension("PublisherName")]), "valid values: .*'PublisherType'"),
        (definition(("Price",)), "valid values: 'Cost'"),
        (definition(granularity="Hourly"), "granularity"),
        (definition(filter=is_in("Color", "red")), "Invalid dataset filter: 'Color'"),
        (definition(filter={"and": [is_in("Meter", "x")]}), "at least 2 items"),
        (definition(filter={"not": is_in("Meter", "x")}), "must have one of"),
        ({**definition(), "type": "Guess"}, "Invalid type"),
        ({**definition(), "timeframe": "Yesterday"}, "Invalid timeframe"),
        ({**definition(), "timePeriod": None}, "Invalid timeframe"),
        ({**definition(), "dataset": None}, "Dataset is invalid"),
        (definition(sorting=[]), "does not know 'sorting'"),
    ],
)
def test_what_is_not_understood_is_refused(ask, body, message):
    with pytest.raises(HttpResponseError, match=message) as error:
        ask(body)
    assert error.value.status_code == 400
    assert error.value.error.code == "BadRequest"


def test_credentials_and_versions_are_required(server):
    policy = SansIOHTTPPolicy()
    given = {"base_url": server.url, "authentication_policy": policy}
    bare = CostManagementClient(object(), **given)
    with bare, pytest.raises(ClientAuthenticationError):
        bare.query.usage(BILLING, definition())
    path = f"{server.url}{BILLING}/providers/Microsoft.CostManagement/query"
    answer = httpx.post(path, json=definition(), headers=BEARER)
    assert answer.json()["error"]["code"] == "MissingApiVersionParameter"


def test_long_answers_come_in_pages_of_one_moment(tmp_path):
    many = costs.PAGE_ROWS * 2 + 1
    rows = [
        text_row(number, "2026-10-01", f"{number}.25", f"group-{number:05}")
        for number in range(many)
    ]
    extra = text_row(1, "2026-10-01", "1", "another", available_at="2026-10-03T12:00:00Z")
    folder = write_workspace(tmp_path, {FILE: [*rows, extra]})
    body = definition(grouping=[dimension("ResourceGroup")])
    found = []
    with sandbox_process(folder) as url:
        path = f"{url}{SCOPE}/providers/Microsoft.CostManagement/query?api-version=2025-03-01"
        sizes = []
        while path:
            answer = httpx.post(path, json=body, headers=BEARER).json()["properties"]
            # What becomes visible in between belongs to no page of this answer.
            httpx.post(f"{url}/sandbox/clock", json={"now": "2026-10-04T00:00:00Z"})
            sizes.append(len(answer["rows"]))
            found += answer["rows"]
            path = answer["nextLink"]
        wrong = httpx.post(
            f"{url}{SCOPE}/providers/Microsoft.CostManagement/query"
            "?api-version=2025-03-01&$skiptoken=bm9uZQ",
            json=body,
            headers=BEARER,
        )
    assert sizes == [costs.PAGE_ROWS, costs.PAGE_ROWS, 1]
    assert [row[2] for row in found] == [f"group-{number:05}" for number in range(many)]
    assert [row[0] for row in found] == [number + 0.25 for number in range(many)]
    assert wrong.status_code == 400


def report(server, **asked):
    poller = server.client.generate_cost_details_report.begin_create_operation(BILLING, asked)
    return poller.result()


def test_the_report_is_a_csv_with_the_recorded_columns(server):
    result = report(
        server, metric="ActualCost", timePeriod={"start": "2026-10-01", "end": "2026-10-31"}
    )
    assert result.status == "Completed"
    (blob,) = result.manifest.blobs
    answer = httpx.get(blob.blob_link)
    assert len(answer.content) == blob.byte_count == result.manifest.byte_count
    rows = [row for row in visible() if day_of(row).month == 10]
    found = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert list(found[0]) == list(rows[0])
    assert len(found) == len(rows)
    for written, row in zip(found, rows, strict=True):
        assert Decimal(written["CostInBillingCurrency"]) == row["CostInBillingCurrency"]
        assert json.loads(written["Tags"]) == row["Tags"]
        same = ("Date", "ResourceGroup", "PublisherName", "InvoiceId")
        assert [written[name] for name in same] == [row[name] for name in same]
    assert DIGITS in {written["CostInBillingCurrency"] for written in found}


def test_a_report_covers_an_invoice_or_a_month(server, clock):
    by_invoice = report(server, metric="AmortizedCost", invoiceId="E1")
    found = csv.DictReader(io.StringIO(httpx.get(by_invoice.manifest.blobs[0].blob_link).text))
    assert [row["CostInBillingCurrency"] for row in found] == [DIGITS, "-12.34"]
    clock(datetime(2026, 10, 6, tzinfo=UTC))
    by_month = report(server, billingPeriod="202609")
    found = csv.DictReader(io.StringIO(httpx.get(by_month.manifest.blobs[0].blob_link).text))
    assert len(list(found)) == sum(day_of(row).month == 9 for row in visible()) == 6
    assert report(server, invoiceId="none").status == "NoDataFound"
    # The links of a report show the moment it was asked for.
    assert httpx.get(by_invoice.manifest.blobs[0].blob_link).text.count("\n") == 3


@pytest.mark.parametrize(
    "asked",
    [
        {"timePeriod": {"start": "2026-10-01", "end": "2026-11-01"}},
        {"timePeriod": {"start": "2026-10-02", "end": "2026-10-01"}},
        {"timePeriod": {"start": "soon"}},
        {"billingPeriod": "October"},
        {"invoiceId": "E1", "billingPeriod": "202610"},
        {"metric": "Guess"},
    ],
)
def test_reports_nobody_can_make_are_refused(server, asked):
    with pytest.raises(HttpResponseError) as error:
        report(server, **asked)
    assert error.value.status_code == 400


def test_unknown_operations_are_not_found(server):
    path = f"{server.url}{BILLING}/providers/Microsoft.CostManagement/costDetailsOperationResults"
    given = {"params": {"api-version": "2025-03-01"}, "headers": BEARER}
    assert httpx.get(f"{path}/bm9uZQ", **given).status_code == 404
    assert httpx.get(f"{server.url}/sandbox/cost-details/bm9uZQ.csv").status_code == 404


def test_broken_lines_are_reported_with_file_and_line(server):
    shown = httpx.get(f"{server.url}/sandbox/problems").json()
    assert shown["counts"] == {FILE: len(BROKEN)}
    first = len(LINES) + 1
    assert [problem["line"] for problem in shown["problems"]] == [
        first + number for number in range(len(BROKEN))
    ]
