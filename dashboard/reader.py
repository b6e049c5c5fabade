"""The one place of the dashboard that reads figures: one viewer, one publication at a time."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.place import Place
from models.adoption import adoption_of, told_by
from models.bridge import Bridge, read_bridge
from models.chargeback import KEY_COLUMNS, with_keys
from models.errors import PublicationError
from models.explain import explain
from models.publication import Manifest, require_manifest
from models.published import Answer, Published, reading
from models.sql_files import sql
from models.viewer import Viewer

PAGE_ROWS = 50
LARGEST_PARTS = 8
_KEPT_ANSWERS = 256
_KEYS = ("user", "unit", "model", "client", "day")
# Each holds everybody who may use Claude.
_KEPT_ADOPTIONS = 8


@dataclass(frozen=True)
class Source:
    """A publication as one viewer sees it; one run of the page reads from one Source."""

    folder: Path
    viewer: Viewer
    manifest: Manifest

    @property
    def key(self) -> tuple[str, ...]:
        """What a cached answer depends on beside the place: the publication and the scope."""
        viewer, manifest = self.viewer, self.manifest
        return (
            str(self.folder.resolve()),
            f"{manifest.sequence}/{manifest.run_id}/{manifest.published_at.isoformat()}",
            f"{viewer.sees_everything}/{viewer.sees_names}/{viewer.smallest_group}/{viewer.oid}",
            *sorted(viewer.units),
        )


@dataclass(frozen=True)
class View:
    """Everything the page shows of a place: its total, one page of parts, and the charts' rows."""

    total: Mapping[str, Any]
    unit: str | None
    caller: Mapping[str, Any] | None
    parts: Answer
    part_count: int
    largest: Answer | None
    days: Answer | None


@dataclass(frozen=True)
class Adoption:
    """What the page Adoption shows of a month: its sum, if anybody was entitled or active."""

    total: Mapping[str, Any] | None
    units: Answer
    weeks: Answer
    users: Answer
    clients: Answer
    cohorts: Answer
    groups: Answer
    not_arrived: Answer


def open_source(folder: Path, viewer: Viewer) -> Source:
    """Pin what is published now. Raises PublicationError when that is nothing, or unreadable."""
    manifest = require_manifest(folder)
    if not manifest.days:
        raise PublicationError(
            "the publication holds no day yet: run `tollbook run` once the gateway has logged"
            " requests"
        )
    return Source(folder, viewer, manifest)


def newest_used_month(source: Source) -> str:
    """Return the newest published month in which anything was used, else the newest of all.

    A month that has just begun may hold nothing but probes.
    """
    return _newest_used_month(source.key, source)


def read_view(source: Source, place: Place) -> View:
    """Return what the page shows of a place. Raises PublicationError when its files are gone."""
    return _view(source.key, place.link, source, place)


def read_parts(source: Source, place: Place) -> Answer:
    """Return every row of the place's table, for a download."""
    with _opened(source, place) as published:
        return with_keys(published.query("dashboard/all_parts"), _KEYS)


def read_request(source: Source, place: Place, request: str) -> list[dict[str, Any]]:
    """Return the explanations of a CorrelationId or request key within the place's days.

    Raises ReportError without any.
    """
    return _explanations(source.key, request, place.days, source)


def read_month_bridge(source: Source, month: str) -> Bridge:
    """Return the bridge of a month (YYYY-MM). Raises ReportError for who may not see all units."""
    return _bridge(source.key, month, source)


def read_month_adoption(source: Source, month: str, rollout_groups: Sequence[str]) -> Adoption:
    """Return who uses Claude in a month (YYYY-MM); `rollout_groups` as `adoption_of` takes them."""
    return _adoption(source.key, month, tuple(rollout_groups), source)


@st.cache_data(max_entries=_KEPT_ANSWERS, show_spinner=False)
def _newest_used_month(key: tuple[str, ...], _source: Source) -> str:  # noqa: ARG001 (key is the cache's key)
    months = _source.manifest.months()
    for month in reversed(months):
        with _opened(_source, Place(month)) as published:
            if published.query("dashboard/used").rows[0][0]:
                return month
    return months[-1]


@st.cache_data(max_entries=_KEPT_ADOPTIONS, show_spinner=False)
def _adoption(
    key: tuple[str, ...],  # noqa: ARG001 (key is the cache's key)
    month: str,
    rollout_groups: tuple[str, ...],
    _source: Source,
) -> Adoption:
    with adoption_of(
        _source.folder,
        _source.viewer,
        month=month,
        rollout_groups=rollout_groups,
        manifest=_source.manifest,
    ) as published:
        total = told_by(published, []).records()
        return Adoption(
            total=total[0] if total else None,
            units=told_by(published, ["unit"]),
            weeks=told_by(published, ["week"]),
            users=told_by(published, ["user"]),
            clients=told_by(published, ["client"]),
            cohorts=told_by(published, ["cohort"]),
            groups=told_by(published, ["group"]),
            not_arrived=told_by(published, ["group", "user"]),
        )


@st.cache_data(max_entries=_KEPT_ANSWERS, show_spinner=False)
def _bridge(key: tuple[str, ...], month: str, _source: Source) -> Bridge:  # noqa: ARG001 (key is the cache's key)
    return read_bridge(_source.folder, _source.viewer, month=month, manifest=_source.manifest)


@st.cache_data(max_entries=_KEPT_ANSWERS, show_spinner=False)
def _view(key: tuple[str, ...], link: str, _source: Source, _place: Place) -> View:  # noqa: ARG001 (key and link are the cache's key)
    with _opened(_source, _place) as published:
        lists_requests = _place.lists == "request"
        total = published.query("dashboard/total").records()[0]
        parts = published.query("dashboard/page_of_parts")
        callers = published.query("dashboard/caller").records()
        units = published.query("dashboard/unit").rows
        return View(
            total=total,
            unit=units[0][0] if units else None,
            caller=callers[0] if callers else None,
            parts=parts,
            part_count=int(published.query("dashboard/part_count").rows[0][0]),
            largest=_largest(published) if _place.lists in {"unit", "user"} else None,
            days=None if lists_requests else _by_day(published),
        )


@st.cache_data(max_entries=_KEPT_ANSWERS, show_spinner=False)
def _explanations(
    key: tuple[str, ...],  # noqa: ARG001 (key is the cache's key)
    request: str,
    days: tuple[date, date],
    _source: Source,
) -> list[dict[str, Any]]:
    return explain(
        _source.folder,
        _source.viewer,
        request,
        first_day=days[0],
        last_day=days[1],
        manifest=_source.manifest,
    )


@contextmanager
def _opened(source: Source, place: Place) -> Iterator[Published]:
    """Open the place's days; `ledger`, `billed_daily` and the report's rows are cut to it."""
    first_day, last_day = place.days
    with reading(
        source.folder,
        source.viewer,
        first_day=first_day,
        last_day=last_day,
        manifest=source.manifest,
    ) as published:
        values = {
            "chosen_unit": place.unit,
            "chosen_oid": place.oid,
            "chosen_label": place.label,
            "page_rows": PAGE_ROWS,
            "rows_before": (place.page - 1) * PAGE_ROWS,
            "shares_by_day": place.lists == "day",
        } | {f"by_{key}": key == place.lists for key in KEY_COLUMNS}
        for name, value in values.items():
            published.connection.execute(f"set variable {name} = $value", {"value": value})
        # The report's own statement reads these, so the page and `report chargeback` cannot differ.
        rows = "dashboard/requests" if place.lists == "request" else "reports/chargeback"
        for relation, statement in (
            ("view ledger", "dashboard/ledger_in_scope"),
            ("view billed_daily", "dashboard/billed_daily_in_scope"),
            ("table parts", rows),
        ):
            published.connection.execute(f"create temp {relation} as\n{sql(statement)}")
        yield published


def _largest(published: Published) -> Answer:
    return published.query("dashboard/page_of_parts", page_rows=LARGEST_PARTS, rows_before=0)


def _by_day(published: Published) -> Answer:
    by = {f"by_{key}": key == "day" for key in KEY_COLUMNS}
    return published.query("reports/chargeback", **by)
