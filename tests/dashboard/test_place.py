"""A place is a link and back; what a link must not hold is refused with the way out."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.place import Place, read_place, unit_in_link
from models.errors import ReportError

MONTHS = ["2026-09", "2026-10"]
OID = "aaaa0000-0000-4000-8000-000000000001"


@given(st.text(min_size=1).filter(str.strip))
def test_a_link_survives_any_unit_name(unit: str) -> None:
    place = Place("2026-09", unit=unit, label="none", oid=OID, day="2026-09-30", page=3)
    assert read_place(dict(parse_qsl(place.link[1:])), MONTHS) == place


def test_a_pseudonym_names_a_caller_as_an_object_id_does() -> None:
    for text in ("Person 00042", "Service 1234567"):
        assert read_place({"oid": text}, MONTHS).oid == text


def test_without_a_month_the_newest_is_shown() -> None:
    assert read_place({}, MONTHS) == Place("2026-10")


@pytest.mark.parametrize(
    ("parameters", "advice"),
    [
        ({"month": "2027-01"}, "Published are: 2026-09, 2026-10"),
        ({"month": "<script>"}, "Choose one of them"),
        ({"day": "2026-09-30"}, "Write it as 2026-10-01"),
        ({"day": "2026-10-32"}, "is no day of 2026-10"),
        ({"day": "20261005x"}, "is no day of 2026-10"),
        ({"oid": "Ada"}, "Open the person from a unit"),
        ({"oid": "Person 42' or true"}, "Open the person from a unit"),
        ({"label": "residual"}, "Labels are unattributed, unmetered, unpriced"),
        ({"page": "0"}, "Start at page=1"),
        ({"page": "-1"}, "Start at page=1"),
        ({"page": "²"}, "Start at page=1"),
        ({"page": "9" * 5000}, "Start at page=1"),
        ({"request": "x" * 201}, "Open the request from its day"),
    ],
)
def test_a_wrong_link_says_what_to_do(parameters: dict[str, str], advice: str) -> None:
    with pytest.raises(ReportError, match="link") as refused:
        read_place(parameters, MONTHS)
    assert advice in str(refused.value)
    assert len(str(refused.value)) < 300


def test_each_step_lists_the_next() -> None:
    month = Place("2026-10")
    unit = month.at(unit="CC-1")
    person = unit.at(oid=OID)
    assert [step.lists for step in (month, unit, person, person.at(day="2026-10-01"))] == [
        "unit",
        "user",
        "day",
        "request",
    ]
    assert month.at(label="unattributed").lists == "day"
    assert month.at(label="outside_gateway").lists == "day"
    assert month.at(label="unmetered").lists == "unit"


def test_a_step_starts_on_its_first_page() -> None:
    assert Place("2026-10", page=4).at(unit="CC-1").page == 1


def test_a_unit_too_long_for_an_address_is_named_by_its_hash() -> None:
    assert unit_in_link("u" * 200) == "u" * 200
    assert len(unit_in_link("u" * 1_000_000)) == len("sha256:") + 64
