"""Every statement between staging and the ledger, each on a handful of hand-written rows."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from core_rows import (
    DAY,
    DEPLOYMENTS,
    NOBODY,
    Books,
    correlation,
    deployment,
    discount,
    gateway,
    llm,
    oid,
    open_books,
    person,
    price,
    rows_of,
    subscription,
)

NEXT = DAY + timedelta(days=1)
NO_HEADERS = {"backend_request_headers": {}, "response_headers": {}}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path) as opened:
        yield opened


def named(header: str, value: str) -> dict[str, str]:
    return {header: value}


def trace(**metadata: str) -> list[object]:
    return [{"source": "authorise", "metadata": metadata}]


def caller(who: int | str) -> dict[str, str]:
    return {"X-Caller-Oid": oid(who) if isinstance(who, int) else who}


# --- who called -----------------------------------------------------------------------------------


# (sides that name a caller, rung, caller, whether that is a conflict); "client" is what they sent
LADDER: tuple[tuple[dict[str, Any], str, int | None, bool], ...] = (
    # each rung, the better one first
    ({"backend": caller(1), "response": caller(1)}, "backend_header", 1, False),
    ({"response": caller(2), "trace": trace(oid=oid(2))}, "response_header", 2, False),
    ({"trace": trace(oid=oid(3))}, "trace", 3, False),
    ({"subscription": "key"}, "subscription", 4, False),
    ({}, "none", None, False),
    # what the client sent is nobody's identity
    ({"client": caller(9)}, "none", None, False),
    ({"client": caller(9), "subscription": "key"}, "subscription", 4, False),
    # forged, and overridden by the policy
    ({"client": caller(9), "backend": caller(1)}, "backend_header", 1, False),
    # forged, and passed on where the policy did not override
    ({"client": caller(9), "backend": caller(9)}, "none", None, True),
    ({"client": caller(9), "backend": caller(9), "subscription": "key"}, "subscription", 4, True),
    # passed on, while another side of the policy names the true caller
    (
        {"client": caller(9), "backend": caller(9), "response": caller(2)},
        "response_header",
        2,
        True,
    ),
    ({"client": caller(9), "backend": caller(9), "trace": trace(oid=oid(3))}, "trace", 3, True),
    # the client told the truth, and one side confirms it
    (
        {"client": caller(1), "backend": caller(1), "response": caller(1)},
        "backend_header",
        1,
        False,
    ),
    (
        {"client": caller(1), "backend": caller(1), "trace": trace(oid=oid(1))},
        "backend_header",
        1,
        False,
    ),
    # sides of the policy disagree
    ({"backend": caller(1), "response": caller(2)}, "backend_header", 1, True),
    ({"response": caller(2), "trace": trace(oid=oid(3))}, "response_header", 2, True),
    # no object id at all
    ({"backend": caller("anna@example"), "response": caller(2)}, "response_header", 2, False),
    ({"backend": caller(NOBODY)}, "none", None, False),
    ({"trace": trace(oid="unknown"), "subscription": "key"}, "subscription", 4, False),
)


def test_the_first_rung_that_holds_names_the_caller(books: Books) -> None:
    books.seed("subscriptions.csv", subscription("key", oid(4)))
    books.land(
        *(
            gateway(
                number,
                request_headers=sides.get("client", {}),
                backend_request_headers=sides.get("backend", {}),
                response_headers=sides.get("response", {}),
                trace_records=sides.get("trace", []),
                apim_subscription_id=sides.get("subscription"),
            )
            for number, (sides, *_) in enumerate(LADDER)
        )
    )
    booked, seen = books.book(), books.attributed()
    for number, (sides, evidence, who, conflict) in enumerate(LADDER):
        row = booked[correlation(number)]
        assert (row["caller_evidence"], row["caller_oid"], row["label"]) == (
            evidence,
            oid(who) if who else None,
            "unmetered" if who else "unattributed",
        ), sides
        assert seen[correlation(number)]["caller_conflict"] == conflict, sides


def test_a_malformed_object_id_is_noted(books: Books) -> None:
    books.land(
        gateway(1, backend_request_headers=caller("anna@tenant.example")),
        gateway(2, backend_request_headers=caller(oid(2).upper())),
    )
    books.book()
    seen = books.attributed()
    assert [seen[correlation(n)]["malformed_oid"] for n in (1, 2)] == [True, False]
    assert [seen[correlation(n)]["caller_oid"] for n in (1, 2)] == [None, oid(2)]


def test_a_subscription_belongs_to_its_owner_of_that_time(books: Books) -> None:
    noon = "2026-10-05T12:00:00Z"
    books.seed(
        "subscriptions.csv",
        subscription("key", oid(4), valid_to=noon),
        subscription("key", oid(5), valid_from=noon, valid_to="2026-10-06"),
        subscription("key", oid(6), valid_from="2026-10-06", recorded_from="2027-01-01"),
    )
    times = ("2026-10-05T11:59:59.999999Z", noon, "2026-10-06T00:00:00Z")
    books.land(
        *(
            gateway(number, at, apim_subscription_id="key", **NO_HEADERS)
            for number, at in enumerate(times)
        )
    )
    booked = books.book(DAY, NEXT)
    owners = [booked[correlation(number)]["caller_oid"] for number in range(3)]
    assert owners == [oid(4), oid(5), None]


# --- where it ran ---------------------------------------------------------------------------------


# (the gateway row, rung, account, deployment); account one has a and b, two has b and c, three d
PLACES: tuple[tuple[dict[str, Any], str, str | None, str | None], ...] = (
    # the policy's own word, on whichever side
    (
        {"backend_request_headers": caller(1) | named("x-llm-deployment", "a")},
        "policy",
        "one",
        "a",
    ),
    ({"response_headers": named("x-llm-deployment", "a")}, "policy", "one", "a"),
    ({"trace_records": trace(deployment="a")}, "policy", "one", "a"),
    # the client's is not one, also where it was passed on
    ({"request_headers": named("x-llm-deployment", "a")}, "none", "one", None),
    (
        {
            "request_headers": named("x-llm-deployment", "a"),
            "backend_request_headers": caller(1) | named("x-llm-deployment", "a"),
        },
        "none",
        "one",
        None,
    ),
    # a policy's word that the seed does not know is kept as it is
    ({"trace_records": trace(deployment="new")}, "policy", "one", "new"),
    # two accounts have a deployment of that name: the host decides, and without it nobody can
    ({"trace_records": trace(deployment="b")}, "policy", "one", "b"),
    (
        {"trace_records": trace(deployment="b"), "backend_url": "https://two.example/x"},
        "policy",
        "two",
        "b",
    ),
    ({"trace_records": trace(deployment="b"), "backend_url": None}, "policy", None, "b"),
    # the only deployment of the model on the host
    ({"backend_url": "https://THREE.services.example/x"}, "backend_host", "three", "d"),
    # nothing to go by
    ({"backend_url": "https://elsewhere.example/x"}, "none", "elsewhere", None),
    ({"backend_url": None}, "none", None, None),
)


def test_the_first_rung_that_holds_names_the_deployment(tmp_path: Path) -> None:
    known = [
        deployment(name, account, "claude-plain")
        for name, account in (
            ("a", "one"),
            ("b", "one"),
            ("b", "two"),
            ("c", "two"),
            ("d", "three"),
        )
    ]
    with open_books(tmp_path, deployments=known) as books:
        books.land(*(gateway(number, **changes) for number, (changes, *_) in enumerate(PLACES)))
        books.land(*(llm(number) for number in range(len(PLACES))))
        booked = books.book()
    for number, (changes, *expected) in enumerate(PLACES):
        row = booked[correlation(number)]
        found = [row["deployment_evidence"], row["account"], row["deployment"]]
        assert found == expected, changes


def test_the_only_deployment_of_a_model_needs_no_host(books: Books) -> None:
    books.land(gateway(1, backend_url=None))
    books.land(llm(1))
    booked = books.book()[correlation(1)]
    assert (booked["deployment_evidence"], booked["deployment"]) == ("only_deployment", "plain")


def test_a_deployment_names_the_model_where_no_usage_row_does(books: Books) -> None:
    books.land(gateway(1, trace_records=trace(deployment="band")))
    booked = books.book()[correlation(1)]
    assert (booked["llm_model"], booked["label"]) == ("claude-band", "unmetered")
    assert booked["list_cost_usd"] is None
    assert booked["cost_low_usd"] is None
    assert booked["cost_high_usd"] is None


def test_the_policys_speed_has_its_own_price(books: Books) -> None:
    books.land(
        gateway(1, trace_records=trace(speed="Fast")),
        gateway(2, request_headers=named("x-llm-speed", "fast")),
        gateway(3, response_headers=named("x-llm-speed", "warp")),
    )
    books.land(*(llm(number) for number in (1, 2, 3)))
    booked = books.book()
    assert booked[correlation(1)]["list_cost_usd"] == Decimal("0.006")
    assert booked[correlation(2)]["list_cost_usd"] == Decimal("0.003")
    assert booked[correlation(3)]["label"] == "unpriced"


# --- how much it used -----------------------------------------------------------------------------


def test_rows_of_one_response_collapse_and_responses_add_up(books: Books) -> None:
    books.land(*(gateway(number) for number in range(1, 5)))
    zeros = {"prompt_tokens": 0, "completion_tokens": 0}
    books.land(
        # one response in pieces: chunks carry zeros
        llm(1, sequence_number=0, **zeros),
        llm(1, sequence_number=1, prompt_tokens=700, completion_tokens=70),
        llm(1, sequence_number=2, **zeros),
        # the same count twice, once without its response
        llm(2, sequence_number=0, prompt_tokens=500, completion_tokens=50),
        llm(2, sequence_number=1, prompt_tokens=500, completion_tokens=50, request_id=None),
        # a retry inside the gateway: two responses, both billed
        llm(3, request_id="msg_a", prompt_tokens=100, completion_tokens=10),
        llm(3, request_id="msg_b", prompt_tokens=300, completion_tokens=30),
        # nothing but zeros is no usage
        llm(4, **zeros),
    )
    booked = books.book()
    tokens = [
        (booked[correlation(n)]["input_tokens"], booked[correlation(n)]["output_tokens"])
        for n in range(1, 5)
    ]
    assert tokens == [(700, 70), (500, 50), (400, 40), (None, None)]
    assert [booked[correlation(n)]["label"] for n in range(1, 5)] == ["", "", "", "unmetered"]


def test_a_logged_model_name_becomes_the_price_lists(books: Books) -> None:
    expected = {
        "claude-plain": ("claude-plain", ""),
        " Claude-Plain-20260901 ": ("claude-plain", ""),
        "plain-by-another-name": ("claude-plain", ""),
        "Plain-by-another-name-20260901": ("claude-plain", ""),
        "claude-unheard-of": ("claude-unheard-of", "unpriced"),
        None: (None, "unpriced"),
    }
    books.land(*(gateway(number) for number in range(len(expected))))
    books.land(*(llm(number, model_name=name) for number, name in enumerate(expected)))
    booked = books.book()
    for number, (logged, (model, label)) in enumerate(expected.items()):
        row = booked[correlation(number)]
        assert (row["llm_model"], row["label"]) == (model, label), logged
        assert (row["list_cost_usd"] is None) == (label == "unpriced"), logged


def test_impossible_counts_are_unknown_and_not_zero(books: Books) -> None:
    books.land(gateway(1), gateway(2))
    books.land(llm(1, prompt_tokens=-5), llm(2, completion_tokens=2_000_001))
    booked = books.book()
    assert booked[correlation(1)]["input_tokens"] is None
    assert booked[correlation(1)]["list_cost_usd"] == Decimal("0.001")
    assert booked[correlation(2)]["output_tokens"] is None
    assert booked[correlation(2)]["cost_high_usd"] is None
    assert all(row["refused_counts"] for row in books.attributed().values())


# --- what reached a model -------------------------------------------------------------------------


# (the gateway row, whether an LLM row with a RequestId belongs to it, whether it reached a model)
REACHED: tuple[tuple[dict[str, Any], bool, bool], ...] = (
    ({}, False, True),
    ({"url": "https://gateway.example/anthropic/v1/messages?beta=true"}, False, True),
    ({"method": "post"}, False, True),
    ({"backend_response_code": 500}, False, False),
    ({"backend_response_code": None, "response_code": 200}, False, False),
    # aborted or answered oddly, but a model did respond
    ({"backend_response_code": None, "response_code": 0}, True, True),
    ({"backend_response_code": 429, "response_code": 429}, True, True),
    ({"method": None}, True, True),
    # these never do, whatever else the log says
    ({"url": "https://gateway.example/anthropic/v1/messages/count_tokens"}, True, False),
    ({"url": "https://gateway.example/anthropic/v1/messages/count_tokens?b=1"}, True, False),
    ({"method": "HEAD"}, True, False),
    ({"method": "GET", "url": "https://gateway.example/anthropic/v1/models"}, True, False),
    ({"url": "https://gateway.example/anthropic/v1/models"}, True, False),
    ({"method": "GET"}, True, False),
    ({"url": "https://gateway.example/v1/messages/batches"}, False, False),
)


def test_what_reached_a_model(books: Books) -> None:
    books.land(*(gateway(number, **changes) for number, (changes, *_) in enumerate(REACHED)))
    books.land(*(llm(number) for number, (_, has_usage, _) in enumerate(REACHED) if has_usage))
    booked = books.book()
    for number, (changes, has_usage, reached) in enumerate(REACHED):
        assert (correlation(number) in booked) == reached, (changes, has_usage)
    assert len(books.attributed()) == len(REACHED)


def test_an_llm_row_without_a_response_reaches_nothing(books: Books) -> None:
    books.land(gateway(1, backend_response_code=None))
    books.land(llm(1, request_id=None), llm(2, request_id=None))
    assert books.book() == {}


def test_the_labels(books: Books) -> None:
    books.land(
        gateway(1),
        gateway(2),
        gateway(3),
        gateway(4, **NO_HEADERS),
        gateway(5, None),
    )
    books.land(llm(1), llm(3, model_name="claude-unheard-of"), llm(4), llm(5), llm(6))
    booked = books.book()
    assert {row["label"] for row in booked.values() if row["caller_oid"] is None} == {
        "unattributed"
    }
    labels = [booked[correlation(number)]["label"] for number in range(1, 7)]
    assert labels == ["", "unmetered", "unpriced", "unattributed", "", "unattributed"]


def test_a_request_without_a_time_is_booked_on_arrival_at_the_usages_time(books: Books) -> None:
    books.land(gateway(1, None, ingested_at="2026-10-06T02:00:00Z"), gateway(2, None))
    books.land(llm(1))
    booked = books.book(DAY, NEXT)
    assert booked[correlation(1)]["usage_time"] == datetime(2026, 10, 5, 10, 0, 1)  # noqa: DTZ001
    assert booked[correlation(1)]["list_cost_usd"] == Decimal("0.003")
    unknown = booked[correlation(2)]
    assert (unknown["usage_day"], unknown["label"]) == (DAY, "unmetered")
    assert unknown["list_cost_usd"] is None


def test_usage_without_a_correlation_id_is_counted_and_booked_nowhere(books: Books) -> None:
    books.land(gateway(1, correlation_id=""), gateway(2, correlation_id=None))
    books.land(llm(1, correlation_id=""), llm(2, correlation_id="  "))
    assert [row["label"] for row in books.book_rows()] == ["unmetered", "unmetered"]
    unjoinable = rows_of(books.connection, "from ledger.attributed where is_unjoinable")
    assert len(unjoinable) == 2


def test_rows_of_one_id_that_contradict_each_other_are_one_request(books: Books) -> None:
    first = "2026-10-05T10:01:00Z"
    books.land(
        gateway(1, ingested_at=first, item_id="a", backend_response_code=429),
        gateway(1, ingested_at="2026-10-05T10:02:00Z", item_id="b"),
    )
    assert list(books.book()) == [correlation(1)]


def test_two_requests_under_one_correlation_id_are_two_charges_and_one_usage(books: Books) -> None:
    books.land(
        gateway(1, item_id="a"),
        gateway(1, "2026-10-05T10:00:30Z", item_id="b"),
    )
    books.land(llm(1))
    charges = books.book_rows()
    assert [row["input_tokens"] for row in charges] == [1_000, None]
    assert len({row["request_key"] for row in charges}) == 2


# --- when it happened -----------------------------------------------------------------------------


def dirty(books: Books) -> set[date]:
    found = books.connection.execute("select usage_day from warehouse.run.dirty_days").fetchall()
    return {day for (day,) in found}


def test_a_request_over_midnight_belongs_to_the_day_it_began(books: Books) -> None:
    books.land(gateway(1, "2026-10-05T23:59:59.999999Z"))
    books.land(llm(1, "2026-10-06T00:00:30Z"))
    assert dirty(books) == {DAY, NEXT}
    assert books.book(DAY)[correlation(1)]["input_tokens"] == 1_000
    assert books.book(NEXT) == {}
    together = books.book(DAY, NEXT)
    assert [row["usage_day"] for row in together.values()] == [DAY]


def test_a_gateway_row_that_comes_a_day_later_reopens_both_days(books: Books) -> None:
    # given usage over midnight that was booked alone, on its own day
    books.land(llm(1, "2026-10-06T00:00:30Z"))
    alone = books.book(NEXT)[correlation(1)]
    assert (alone["label"], alone["caller_oid"]) == ("unattributed", None)
    assert alone["list_cost_usd"] == Decimal("0.003")
    books.connection.execute("delete from warehouse.run.dirty_days")
    # when its gateway row arrives a day later
    late = "2026-10-07T09:00:00Z"
    books.land(gateway(1, "2026-10-05T23:59:50Z", ingested_at=late))
    # then the old day loses it, and the right one has it, under the same key
    assert dirty(books) == {DAY, NEXT}
    assert books.book(NEXT) == {}
    found = books.book(DAY)[correlation(1)]
    assert (found["label"], found["caller_oid"]) == ("", oid(1))
    assert found["request_key"] == alone["request_key"]


def test_usage_that_comes_later_reopens_the_requests_day(books: Books) -> None:
    books.land(gateway(1, "2026-10-05T23:59:50Z"))
    books.connection.execute("delete from warehouse.run.dirty_days")
    books.land(llm(1, "2026-10-06T00:00:30Z", ingested_at="2026-10-08T00:00:00Z"))
    assert dirty(books) == {DAY, NEXT}


# --- whose unit it is -----------------------------------------------------------------------------


def test_a_request_belongs_to_the_unit_of_its_moment(books: Books) -> None:
    renamed = person(1, displayName="Person One", employeeOrgData={"costCenter": "CC-2"})
    books.observe(person(1), at="2026-10-05T08:00:00Z")
    books.observe(person(1, employeeOrgData={"costCenter": "CC-2"}), at="2026-10-05T12:00:00Z")
    books.observe(renamed, at="2026-10-05T14:00:00Z")
    books.observe({"id": oid(1), "@removed": {"reason": "deleted"}}, at="2026-10-05T16:00:00Z")
    times = ("01:00", "11:59:59.999999", "12:00", "15:00", "17:00")
    books.land(
        *(gateway(number, f"2026-10-05T{at}Z") for number, at in enumerate(times)),
        gateway(9, backend_request_headers=caller(9)),
    )
    booked = books.book()
    units = [booked[correlation(number)]["unit"] for number in range(len(times))]
    # what was first known is taken to have held before; a deleted person keeps the last unit
    assert units == ["CC-1", "CC-1", "CC-2", "CC-2", "CC-2"]
    assert booked[correlation(9)]["unit"] == "Unassigned"


def test_cost_center_then_department_then_the_last_resort(books: Books) -> None:
    expected: dict[tuple[str, str], dict[str, Any]] = {
        ("CC-1", "cost_center"): {},
        ("Sales", "department"): {"employeeOrgData": {"costCenter": " "}, "department": "Sales"},
        ("Tools", "department"): {"employeeOrgData": None},
        ("Unassigned", "last_resort"): {"employeeOrgData": None, "department": ""},
    }
    books.observe(*(person(number, **changes) for number, changes in enumerate(expected.values())))
    books.land(
        *(
            gateway(number, backend_request_headers=caller(number))
            for number in range(len(expected))
        )
    )
    charges = books.book()
    units = [charges[correlation(number)]["unit"] for number in range(len(expected))]
    assert units == [unit for unit, _ in expected]
    ruled = rows_of(books.connection, "from warehouse.directory.ownership order by oid")
    assert [(row["unit"], row["unit_rule"]) for row in ruled] == list(expected)


def test_no_caller_has_no_unit(books: Books) -> None:
    books.land(gateway(1, **NO_HEADERS))
    assert books.book()[correlation(1)]["unit"] is None


# --- what it cost ---------------------------------------------------------------------------------


def test_a_price_changes_to_the_microsecond(books: Books) -> None:
    books.land(
        gateway(1, "2026-10-06T23:59:59.999999Z"),
        gateway(2, "2026-10-07T00:00:00Z"),
        gateway(3, "2025-12-31T23:59:59.999999Z"),
        gateway(4, "2026-10-07T01:30:00+02:00"),
    )
    model = {"model_name": "claude-turn"}
    books.land(
        *(llm(n, "2026-10-07T00:00:01Z", **model) for n in (1, 2, 4)),
        llm(3, "2026-01-01T00:00:01Z", **model),
    )
    booked = books.book(date(2026, 10, 6), date(2026, 10, 7))
    costs = [booked[correlation(number)]["list_cost_usd"] for number in (1, 2, 4)]
    assert costs == [Decimal("0.003"), Decimal("0.006"), Decimal("0.003")]
    before = books.book(date(2025, 12, 31))[correlation(3)]
    assert (before["label"], before["list_cost_usd"]) == ("unpriced", None)


def test_a_band_holds_for_the_whole_request(books: Books) -> None:
    costs = {0: "0.00005", 1: "0.0000501", 100_000: "0.01005", 100_001: "0.0502505"}
    books.land(*(gateway(prompt, request_size_bytes=1_000_000) for prompt in costs))
    books.land(*(llm(n, model_name="claude-band", prompt_tokens=n) for n in costs))
    booked = books.book()
    for prompt, cost in costs.items():
        row = booked[correlation(prompt)]
        assert row["list_cost_usd"] == Decimal(cost)
        # cached tokens, which no source shows, may have put the prompt into the dearer band
        dearer = prompt * Decimal("0.0000005") + 100 * Decimal("0.0000025")
        assert row["cost_high_usd"] >= dearer


@pytest.mark.parametrize(
    ("skus", "least", "dearest"),
    [
        (("GlobalStandard", "GlobalStandard"), "1", "1"),
        (("GlobalStandard", "DataZoneStandard"), "1", "1.1"),
        (("DataZoneStandard", "DataZoneStandard"), "1.1", "1.1"),
        (("DataZoneStandard",), "1.1", "1.1"),
        (("GlobalStandard",), "1", "1"),
    ],
)
def test_an_unknown_sku_spans_the_zones_it_may_have_run_in(
    tmp_path: Path, skus: tuple[str, ...], least: str, dearest: str
) -> None:
    known = [deployment(f"d{n}", "one", "claude-plain", sku=sku) for n, sku in enumerate(skus)]
    with open_books(tmp_path, deployments=known) as books:
        books.land(gateway(1, request_size_bytes=8_000))
        books.land(llm(1))
        booked = books.book()[correlation(1)]
    # 8,000 bytes and 2,000 tokens of tools bound the prompt; what is unknown costs 4 USD at most
    most = Decimal("0.003") + 9_000 * Decimal("0.000004")
    assert booked["cost_low_usd"] == Decimal("0.003") * Decimal(least)
    assert booked["cost_high_usd"] == most * Decimal(dearest)


def test_a_deployment_only_the_policy_knows_may_be_in_either_zone(books: Books) -> None:
    books.land(gateway(1, request_size_bytes=8_000, trace_records=trace(deployment="new")))
    books.land(llm(1))
    booked = books.book()[correlation(1)]
    most = Decimal("0.003") + 9_000 * Decimal("0.000004")
    assert booked["cost_low_usd"] == Decimal("0.003")
    assert booked["cost_high_usd"] == most * Decimal("1.1")


def test_a_request_is_priced_in_the_zone_its_deployment_was_in_at_that_time(tmp_path: Path) -> None:
    noon = "2026-10-05T12:00:00Z"
    known = [
        deployment("d", "one", "claude-plain", valid_to=noon),
        deployment("d", "one", "claude-plain", sku="DataZoneStandard", valid_from=noon),
    ]
    at = ("2026-10-04T10:00:00Z", "2026-10-05T11:59:59Z", noon, "2026-10-06T00:00:00Z")
    with open_books(tmp_path, deployments=known) as books:
        books.land(*(gateway(number, time) for number, time in enumerate(at)))
        books.land(*(llm(number, time) for number, time in enumerate(at)))
        booked = books.book(date(2026, 10, 4), date(2026, 10, 6))
    costs = [booked[correlation(number)]["list_cost_usd"] for number in range(4)]
    assert costs == [Decimal(text) for text in ("0.003", "0.003", "0.0033", "0.0033")]


def test_a_model_that_is_not_offered_in_a_zone_has_one_price(tmp_path: Path) -> None:
    prices = [price("claude-plain", "2", "10", us_data_zone_multiplier="")]
    with open_books(tmp_path, prices=prices, deployments=DEPLOYMENTS[:1]) as books:
        books.land(gateway(1, request_size_bytes=8_000, trace_records=trace(deployment="new")))
        books.land(llm(1))
        booked = books.book()[correlation(1)]
    assert booked["cost_low_usd"] == Decimal("0.003")
    assert booked["cost_high_usd"] == Decimal("0.003") + 9_000 * Decimal("0.000004")


def test_discounts_hold_by_time_and_the_row_recorded_last_counts(books: Books) -> None:
    books.seed(
        "discounts.csv",
        discount("claude-plain", "0.1", valid_from="2026-10-01", valid_to="2026-10-08"),
        # corrected afterwards, for a part of that time
        discount("claude-plain", "0.25", valid_from="2026-10-06", valid_to="2026-10-07",
                 recorded_from="2026-10-20"),
        # known only after this build
        discount("claude-plain", "0.9", valid_from="2026-10-01", recorded_from="2026-12-01"),
        discount("claude-band", "1", valid_from="2026-10-01"),
    )  # fmt: skip
    days = ["2026-09-30", "2026-10-05", "2026-10-06", "2026-10-07", "2026-10-08"]
    books.land(*(gateway(n, f"{day}T00:00:00Z") for n, day in enumerate(days)))
    books.land(*(llm(n, f"{day}T00:00:01Z") for n, day in enumerate(days)))
    booked = books.book(date(2026, 9, 30)) | books.book(DAY, date(2026, 10, 8))
    costs = [booked[correlation(number)]["contracted_cost_usd"] for number in range(5)]
    assert costs == [Decimal(text) for text in ("0.003", "0.0027", "0.00225", "0.0027", "0.003")]
    assert {row["list_cost_usd"] for row in booked.values()} == {Decimal("0.003")}
    # later the last row is known, and overrules all others
    books.clock.move(datetime(2026, 12, 2, tzinfo=UTC))
    assert books.book()[correlation(1)]["contracted_cost_usd"] == Decimal("0.0003")
