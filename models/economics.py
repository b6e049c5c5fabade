"""Unit economics: what a user, a request, a session, a million tokens cost; what caching saved."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from models.chargeback import without_columns
from models.errors import ReportError
from models.publication import Manifest, require_manifest
from models.published import Answer, Published, month_days, reading
from models.seed_files import find_seed
from models.sql_files import sql
from models.tokenizers import FILE_NAME, Tokenizer, read_tokenizers
from models.viewer import Viewer
from models.warehouse import Connection, build, define

KEYS = ("unit", "model", "unit,model", "client", "total")
"""By what the figures are told."""

GENERATIONS_NOTE = (
    "Models of 4.7 and later count about 30 % more tokens for the same text: compare them with"
    " earlier ones by cost per request or user, not by tokens."
)

_COLUMNS = ("unit", "model", "client")


def economics(
    folder: Path,
    viewer: Viewer,
    *,
    month: str,
    by: Sequence[str],
    seeds_dir: Path | None = None,
) -> Answer:
    """Return the rows of `report economics` for a month (YYYY-MM), by one of KEYS.

    Raises ReportError for other keys, PublicationError when nothing of the month is published,
    SeedError when the tenant's tokenizers.csv breaks its rules.
    """
    keys = _keys(by)
    tokenizers = read_tokenizers(find_seed(FILE_NAME, seeds_dir))
    state = require_manifest(folder)
    first_day, last_day = month_days(month)
    before = _month_before(first_day)
    with _reading(folder, viewer, state, first_day, last_day) as published:
        _add_up(published, keys, tokenizers)
        previous_days = len(state.files("daily", *before))
        if previous_days:
            with _reading(folder, viewer, state, *before) as earlier:
                _add_up(earlier, keys, tokenizers)
                _remember(published.connection, earlier.connection)
        else:
            _remember(published.connection, published.connection, "limit 0")
        answer = published.query(
            "reports/economics",
            days=len(state.files("daily", first_day, last_day)),
            previous_days=previous_days,
        )
    return without_columns(answer, set(_COLUMNS) - keys)


def mixes_tokenizers(answer: Answer) -> bool:
    """Tell whether rows of the answer are about models that count tokens differently."""
    records = answer.records()
    generations = {record["tokenizer_generation"] for record in records} - {None}
    return len(generations) > 1 or any(record.get("mixes_tokenizers") for record in records)


def open_requests(connection: Connection) -> None:
    """Define `economics.requests` over published views: requests with prices and sessions."""
    connection.execute("create schema if not exists economics")
    connection.execute(sql("macros/unit_costs"))
    build(connection, "economics.sessions")
    define(connection, "economics.requests")


def _reading(
    folder: Path, viewer: Viewer, state: Manifest, first_day: date, last_day: date
) -> AbstractContextManager[Published]:
    # Each month by itself, so that both are cut to what the viewer sees of that month alone.
    return reading(
        folder,
        viewer,
        first_day=first_day,
        last_day=last_day,
        manifest=state,
        is_allocated=False,
    )


def _add_up(
    published: Published, keys: frozenset[str], tokenizers: Mapping[str, Tokenizer]
) -> None:
    connection = published.connection
    open_requests(connection)
    build(
        connection,
        "economics.tokenizers",
        tokenizer_models=list(tokenizers),
        tokenizer_generations=[tokenizer.generation for tokenizer in tokenizers.values()],
    )
    asked: dict[str, Any] = {f"by_{key}": key in keys for key in _COLUMNS}
    build(connection, "economics.seen", **asked)
    build(connection, "economics.paid")
    define(connection, "economics.lines")
    build(connection, "economics.figures")


def _remember(connection: Connection, earlier: Connection, rows: str = "") -> None:
    """Keep the figures of another connection as those of the month before."""
    found = earlier.sql(f"from economics.figures {rows}").to_arrow_table()
    connection.register("figures_before", found)
    connection.execute("create table economics.previous as from figures_before")
    connection.unregister("figures_before")


def _keys(by: Sequence[str]) -> frozenset[str]:
    for keys in KEYS:
        if set(by) == set(keys.split(",")):
            return frozenset(by) - {"total"}
    raise ReportError(
        f"cannot report economics by {', '.join(by) or 'nothing'}: choose from {'; '.join(KEYS)}"
    )


def _month_before(first_day: date) -> tuple[date, date]:
    last_day = first_day - timedelta(days=1)
    return last_day.replace(day=1), last_day
