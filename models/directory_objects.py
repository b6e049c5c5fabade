"""Objects of one delta round: Graph may send one several times, and replay what it sent before."""

from collections.abc import Iterable
from typing import Any

REMOVED = "@removed"
MANAGER = "manager@delta"


def merged(objects: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return one object per id (in lower case): of each property what came last.

    The managers that came and went are kept in their order. Whoever comes after having been removed
    is there again. Objects without an id are nobody's.
    """
    found: dict[str, dict[str, Any]] = {}
    for item in objects:
        oid = object_id(item)
        if oid is None:
            continue
        earlier = found.get(oid, {})
        together = {name: value for name, value in earlier.items() if name != REMOVED} | item
        if MANAGER in item:
            together[MANAGER] = [*earlier.get(MANAGER, ()), *_managers(item)]
        found[oid] = together
    return found


def object_id(item: dict[str, Any]) -> str | None:
    """Return the id of an object in lower case, None where it has none."""
    value = item.get("id")
    return value.lower() if isinstance(value, str) and value else None


def manager_after(item: dict[str, Any], known: Iterable[str]) -> set[str]:
    """Return who manages a person after an object of theirs, from whom was known before.

    Nobody has two managers: the last one that came takes the place of all others.
    """
    after = set(known)
    for entry in item.get(MANAGER, ()):
        oid = object_id(entry)
        if oid is not None:
            after = after - {oid} if REMOVED in entry else {oid}
    return after


def _managers(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the managers of one object, those that went before the one in their place."""
    value = item[MANAGER]
    entries = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    return sorted(entries, key=lambda one: REMOVED not in one)
