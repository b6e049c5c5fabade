"""What if: a month's requests at list price on another model, or with another time of caches."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.economics import open_requests
from models.errors import ReportError
from models.published import Answer, Published, month_days, reading
from models.seed_files import find_seed
from models.tokenizers import FILE_NAME, Tokenizer, read_tokenizers, token_factor
from models.viewer import Viewer
from models.warehouse import build, define

CACHE_TTLS = ("5m", "1h")


@dataclass(frozen=True)
class Change:
    """What would have been otherwise: the model, how long caches are kept (of CACHE_TTLS), or both.

    None leaves it as it was.
    """

    model: str | None = None
    cache_ttl: str | None = None


@dataclass(frozen=True)
class Whose:
    """Whose requests are replayed: a leaf unit's, a caller's (object id), or with neither all."""

    unit: str | None = None
    oid: str | None = None


def what_if(
    folder: Path,
    viewer: Viewer,
    change: Change,
    *,
    month: str,
    whose: Whose | None = None,
    seeds_dir: Path | None = None,
) -> Answer:
    """Return actual and replayed list cost in USD by model and status, for a month (YYYY-MM).

    Status is `replayed`; `no_price` where the other model had none at that time, speed and zone;
    `unknown_cost` where the request's own is unknown. Raises ReportError when nothing is changed,
    or a model, unit or caller is unknown; PublicationError when nothing of the month is published.
    """
    if not (change.model or change.cache_ttl):
        raise ReportError("nothing is changed: add --model, --cache-ttl or both")
    tokenizers = read_tokenizers(find_seed(FILE_NAME, seeds_dir))
    first_day, last_day = month_days(month)
    with reading(
        folder, viewer, first_day=first_day, last_day=last_day, is_allocated=False
    ) as published:
        if change.model:
            _require_model(published, change.model)
        open_requests(published.connection)
        factors = _factors(tokenizers, change.model)
        build(
            published.connection,
            "economics.factors",
            factor_models=list(factors),
            factors=list(factors.values()),
        )
        define(
            published.connection,
            "economics.kept",
            cache_ttl=change.cache_ttl,
            **_asked(published, whose or Whose()),
        )
        define(published.connection, "economics.replayed", other_model=change.model)
        return published.query("reports/what_if")


def _factors(tokenizers: Mapping[str, Tokenizer], model: str | None) -> dict[str, Any]:
    """Return for every model how many tokens `model` counts for one of its; {} if unknown."""
    other = tokenizers.get(model or "")
    return {name: token_factor(one, other) for name, one in tokenizers.items()} if other else {}


def _require_model(published: Published, model: str) -> None:
    rows = published.connection.execute("select distinct model from prices order by 1").fetchall()
    known = [name for (name,) in rows]
    if model not in known:
        raise ReportError(f"the price list has no model {model!r}: choose from {', '.join(known)}")


def _asked(published: Published, whose: Whose) -> dict[str, Any]:
    """Return the surrogates of the unit and the caller asked for."""
    return {
        "asked_unit_id": _surrogate(
            published,
            "select unit_id from units where unit = $1",
            whose.unit,
            "no such unit is published: choose one of `tollbook report chargeback --by unit`",
        ),
        "asked_caller_id": _surrogate(
            published,
            "select caller_id from callers where oid = $1",
            whose.oid and whose.oid.lower(),
            "no caller of that object id is published: choose one of"
            " `tollbook report chargeback --by user`",
        ),
    }


def _surrogate(published: Published, query: str, name: str | None, unknown: str) -> int | None:
    if name is None:
        return None
    row = published.connection.execute(query, [name]).fetchone()
    if row is None:
        raise ReportError(unknown)
    return int(row[0])
