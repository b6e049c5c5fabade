"""Assignments, members and requests written by hand: what the tests of adoption build on."""

from datetime import datetime
from typing import Any

from core_rows import Books, Row, gateway, llm, oid

from models.seeds import ALWAYS, FOREVER

APPLICATION = "aaaaaaaa-0000-4000-8000-00000000000a"
CODE = "claude-cli/2.1.{} (external, cli)"
DESKTOP = "Mozilla/5.0 Claude/1.6.{} Chrome/142.0 Electron/39.1 Safari/537.36"


def group_oid(number: int) -> str:
    """The object id of a group."""
    return f"{number:08d}-0000-4000-8000-00000000000f"


def moment(text: str | None, default: datetime) -> datetime:
    """Read `10-05T12` as a time of 2026; None is the open end."""
    return datetime.fromisoformat(f"2026-{text}:00:00") if text else default


def link(
    books: Books,
    kind: str,
    source: str,
    target: str,
    since: str | None = None,
    until: str | None = None,
) -> None:
    """Record a link of the directory as known from the start of 2026."""
    books.connection.execute(
        "insert into warehouse.directory.links values (?, ?, ?, ?, ?, '2026-01-01', ?)",
        [kind, source, target, moment(since, ALWAYS), moment(until, FOREVER), FOREVER],
    )


def assign(books: Books, target: str, since: str | None = None, until: str | None = None) -> None:
    """Assign the Claude application to a principal."""
    link(books, "assignment", APPLICATION, target, since, until)


def group(books: Books, number: int, name: str, **members: tuple[str | None, str | None]) -> str:
    """Record a group with members (`p3=("10-05T12", None)`: person 3 from then on)."""
    books.connection.execute(
        "insert into warehouse.directory.principals by name"
        " select ? as oid, 'group' as kind, ? as display_name, false as deleted,"
        " ?::timestamp as valid_from, ?::timestamp as valid_to,"
        " timestamp '2026-01-01' as recorded_from, ?::timestamp as recorded_to",
        [group_oid(number), name, ALWAYS, FOREVER, FOREVER],
    )
    for person, (since, until) in members.items():
        link(books, "member", group_oid(number), oid(int(person[1:])), since, until)
    return group_oid(number)


def use(books: Books, *calls: tuple[int, str] | tuple[int, str, str | None]) -> None:
    """Land one priced request per call: (person, `10-05T12:00`[, user agent])."""
    gateways: list[Row] = []
    llms: list[Row] = []
    for number, (person, at, *agents) in enumerate(calls, start=1):
        time = f"2026-{at}:00Z"
        changes: dict[str, Any] = {
            "backend_request_headers": {"x-caller-oid": oid(person)} if person else {},
            "request_headers": {"User-Agent": agents[0]} if agents and agents[0] else {},
        }
        gateways.append(gateway(number, time, **changes))
        llms.append(llm(number, time))
    window = tuple(
        datetime.fromisoformat(text) for text in ("2026-01-01T00:00:00Z", "2026-12-01T00:00:00Z")
    )
    books.land(*gateways, window=window)  # type: ignore[arg-type]  # two times
    books.land(*llms, window=window)  # type: ignore[arg-type]
