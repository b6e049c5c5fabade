"""What is found of a person in texts, in which spellings, and what is others' and stays."""

import json
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forgetting.needles import Needles, needles
from models.forgetting.person import Person
from models.forgetting.tables import look_for
from models.warehouse import in_memory

OID = "5f0e1c3a-7b2d-4e6f-9a81-c0ffee15dead"
NEW = "00000000-0000-4000-8000-000000000001"
MAIL = "zoe.quill@contoso.example"
NAME = "Zoë Quill-Feather"
GUEST = "zoe_home.example#EXT#@contoso.onmicrosoft.example"


def wanted() -> Needles:
    return needles(
        OID,
        NEW,
        addresses=[MAIL, GUEST],
        employee_ids=["EMP-4711", "12345678", "E1"],
        names=[NAME, "Claude"],
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (OID.upper(), NEW),
        (OID.replace("-", ""), NEW.replace("-", "")),
        (quote(OID).replace("-", "%2D"), NEW.replace("-", "%2d")),
        ("{" + OID + "}", "{" + NEW + "}"),
        (f"<{MAIL}>, {MAIL.upper()} {MAIL}.", "<forgotten>, forgotten forgotten."),
        (f"u={quote(MAIL, safe='')}&x=1", "u=forgotten&x=1"),
        (json.dumps(f"a\n{MAIL}"), '"a\\nforgotten"'),
        (f"\\u003c{MAIL}\\u003e", "\\u003cforgotten\\u003e"),
        (GUEST.replace("#", "%23"), "forgotten"),
        ("zoe@home.example", "forgotten"),
        (json.dumps(NAME.upper()), '"forgotten"'),
        (quote(NAME), "forgotten"),
        ("Zoe\u0308 Quill-Feather", "forgotten"),
        ("(EMP-4711)", "(forgotten)"),
    ],
)
def test_every_spelling_is_found_and_nothing_around_it(text: str, said: str) -> None:
    assert wanted().replaced(text, with_names=True) == said


@pytest.mark.parametrize(
    "text",
    [
        f"mc{MAIL}", f"not-{MAIL}", f"{MAIL}.au", f"{MAIL}-labs",
        "EMP-47110", "12345678 tokens", "E1", "claude-cli/2.1 Claude/1.6",
        "McZoë Quill-Feather", "Zoë Quill-Featherstone",
        "5f0e1c3a-7b2d-4e6f-9a81-c0ffee15deae",
    ],
)  # fmt: skip
def test_what_is_others_stays(text: str) -> None:
    assert wanted().replaced(text, with_names=True) == text


def test_names_go_only_where_they_are_asked_for() -> None:
    assert wanted().replaced(f"{NAME} {MAIL}", with_names=False) == f"{NAME} forgotten"


_PIECES = st.sampled_from(
    [OID, OID.upper(), OID.replace("-", ""), MAIL, GUEST, NAME, "EMP-4711", quote(MAIL), NEW]
)
_TEXTS = st.lists(st.one_of(_PIECES, st.text(max_size=6), st.sampled_from(" ,;.-_%@"))).map("".join)


@settings(deadline=None)
@given(_TEXTS)
def test_the_database_and_the_program_say_the_same(text: str) -> None:
    text = text.replace("\0", "")
    connection = in_memory()
    look_for(connection, Person(OID), wanted())
    found = connection.execute(
        "select without_person($text), without_identity($text), names_person($text)",
        {"text": text},
    ).fetchall()
    connection.close()
    expected = (
        wanted().replaced(text, with_names=True),
        wanted().replaced(text, with_names=False),
    )
    assert found[0][:2] == expected
    assert found[0][2] == (text != expected[0])


@given(_TEXTS, st.uuids())
def test_an_object_id_never_stays(text: str, key: UUID) -> None:
    oid = str(key)
    if oid.replace("-", "") in NEW:
        return
    said = needles(oid, NEW).replaced(f"{text}{oid}{text}{key.hex}", with_names=True)
    assert oid not in said.lower()
    assert key.hex not in said.lower()
