"""Objects of one delta round, put together."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from models.directory_objects import manager_after, merged

ADA, BEN, EVE = "ada", "ben", "eve"
GONE = {"@removed": {"reason": "deleted"}}


def came(oid: str) -> dict[str, Any]:
    return {"@odata.type": "#microsoft.graph.user", "id": oid}


def went(oid: str) -> dict[str, Any]:
    return came(oid) | GONE


def test_of_each_property_the_last_one_told_counts() -> None:
    (one,) = merged(
        [
            {"id": "ADA", "department": "Tools", "companyName": "Tenant"},
            {"displayName": "nobody's"},
            {"id": "", "department": "nobody's"},
            {"id": ADA, "department": None},
        ]
    ).values()
    assert one == {"id": ADA, "department": None, "companyName": "Tenant"}


def test_whoever_is_told_of_after_having_been_removed_is_there() -> None:
    there, removed = {"id": ADA, "department": "Tools"}, {"id": ADA} | GONE
    assert merged([removed, there]) == {ADA: there}
    assert merged([there, removed])[ADA]["@removed"] == GONE["@removed"]


def test_managers_that_come_and_go_are_taken_in_their_order() -> None:
    def manager(known: set[str], *items: list[dict[str, Any]]) -> set[str]:
        objects = merged({"id": EVE, "manager@delta": item} for item in items)
        return manager_after(objects[EVE], known)

    assert manager(set(), [came("ADA")]) == {ADA}
    # in one object the one that went may stand behind the one in its place
    assert manager({ADA}, [came(BEN), went(ADA)]) == {BEN}
    assert manager({ADA}, [went(ADA), came(BEN)]) == {BEN}
    assert manager({ADA}, [went(ADA)]) == set()
    # a replay of one that went long ago
    assert manager({BEN}, [went(ADA)]) == {BEN}
    assert manager({ADA}, [came(BEN)], [went(BEN)]) == set()
    assert manager({ADA}, [went(ADA)], [came(BEN), {"no": "id"}]) == {BEN}


@given(st.lists(st.tuples(st.sampled_from([ADA, BEN]), st.sampled_from("xyz"), st.integers(0, 3))))
def test_a_round_that_comes_twice_says_the_same(told: list[tuple[str, str, int]]) -> None:
    items = [{"id": oid, name: value} for oid, name, value in told]
    last: dict[str, dict[str, Any]] = {}
    for item in items:
        last.setdefault(str(item["id"]), {}).update(item)
    assert merged(items) == merged(items + items) == last
