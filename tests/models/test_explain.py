"""One request explained: every row and rule behind its figures, and nothing beside them."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from core_rows import Books, correlation, gateway, llm, oid, open_books, person

from models.errors import ReportError
from models.explain import explain
from models.viewer import Viewer, operator


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with open_books(tmp_path_factory.mktemp("explain")) as books:
        books.observe(person(1), at="2026-10-01T00:00:00Z")
        books.observe(person(1, employeeOrgData={"costCenter": "CC-2"}), at="2026-10-05T09:00:00Z")
        books.land(
            gateway(1),
            gateway(2, response_headers={"x-caller-oid": oid(2)}, request_size_bytes=400_000),
            gateway(3, method="GET", url="https://gateway.example/anthropic/v1/models"),
            gateway(4, backend_request_headers={}),
            gateway(5),
            gateway(6, item_id="a"),
            gateway(6, "2026-10-05T10:00:30Z", item_id="b"),
        )
        books.land(
            llm(1, sequence_number=0, prompt_tokens=0, completion_tokens=0),
            llm(1, sequence_number=1, prompt_tokens=1_500, completion_tokens=7),
            llm(2, model_name="claude-band", prompt_tokens=100_001),
            llm(5, model_name="claude-unheard-of"),
            llm(8),
        )
        books.publish()
        yield books


def one(books: Books, number: int) -> dict[str, Any]:
    (explained,) = explain(books.publication, operator(), correlation(number))
    return explained


def test_an_ordinary_request_shows_its_rows_and_its_arithmetic(books: Books) -> None:
    explained = one(books, 1)
    assert explained["gateway_row"]["item_id"] == "gateway-1"
    assert [row["input_tokens"] for row in explained["llm_rows"]] == [0, 1_500]
    assert explained["caller"]["oid"] == oid(1)
    assert "BackendRequestHeaders" in explained["caller"]["rule"]
    assert explained["unit"] == {
        "unit": "CC-2",
        "rule": "cost_center",
        "rule_reads": "employeeOrgData.costCenter in the directory at that time",
        "raw_value": "CC-2",
        "source": "employeeOrgData.costCenter of Microsoft Entra ID",
        "held_from": "2026-10-05T09:00:00Z",
        "held_to": None,
    }
    assert explained["price"]["price_id"] == "claude-plain/standard/0/2026-01-01/2026-01-01"
    assert explained["price"]["band"] == "any prompt"
    charge = explained["charge"]
    assert charge["arithmetic"] == "1500 x 0.000002 + 7 x 0.00001 = 0.00307 USD"
    left, _, right = charge["arithmetic"].removesuffix(" USD").partition(" = ")
    products = [part.split(" x ") for part in left.split(" + ")]
    assert sum(Decimal(a) * Decimal(b) for a, b in products) == Decimal(right)
    assert charge["cache_read_tokens"] is None
    assert json.loads(json.dumps(explained)) == explained


def test_a_conflict_and_a_band_show(books: Books) -> None:
    explained = one(books, 2)
    assert explained["caller"]["caller_conflict"] is True
    assert explained["price"]["band"] == "prompt over 100000 tokens"


def test_what_reached_no_model_is_booked_nowhere(books: Books) -> None:
    assert one(books, 3)["booked"] == "nothing: the request did not reach a model"
    assert "charge" not in one(books, 3)


@pytest.mark.parametrize(
    ("number", "label", "says"),
    [
        (4, "unattributed", "nobody is known to have sent it"),
        (5, "unpriced", "the price list has no row for this model, speed, zone and time"),
        (8, "unattributed", "nobody is known to have sent it"),
    ],
)
def test_a_label_comes_with_its_rule(books: Books, number: int, label: str, says: str) -> None:
    explained = one(books, number)
    assert (explained["charge"]["label"], explained["charge"]["label_rule"]) == (label, says)
    if label == "unattributed":
        assert explained["unit"]["rule"] == "no caller, so no unit"
    else:
        assert explained["price"] == says


def test_usage_alone_says_that_the_gateway_row_is_missing(books: Books) -> None:
    assert one(books, 8)["gateway_row"].startswith("has not arrived")


def test_several_requests_under_one_id_are_all_explained_and_found_by_their_key(
    books: Books,
) -> None:
    both = explain(books.publication, operator(), correlation(6))
    assert [entry["gateway_row"]["item_id"] for entry in both] == ["a", "b"]
    key = both[1]["request"]["request_key"]
    assert explain(books.publication, operator(), key) == [both[1]]


@pytest.mark.parametrize("wanted", ["", "nothing", "' or true --", correlation(99)])
def test_an_unknown_id_is_an_error(books: Books, wanted: str) -> None:
    with pytest.raises(ReportError, match="check the id, or run `tollbook run`"):
        explain(books.publication, operator(), wanted)


def test_somebody_elses_request_is_as_unknown(books: Books) -> None:
    with pytest.raises(ReportError, match="no published request"):
        explain(books.publication, Viewer("other", oid=oid(2)), correlation(1))
