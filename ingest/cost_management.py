"""Reads the daily cost totals of the billing scope, month by month; a later snapshot replaces one.

`warehouse.staging.cost_totals` shows the newest snapshot of each day.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from ingest.azure_answer import AzureService
from ingest.azure_clients import cost_client
from ingest.cost_query import CostTotal, daily_totals, totals_of
from ingest.landing import Landed, land
from ingest.patience import NoAnswerError, patience_of
from ingest.progress import Progress, unseen
from ingest.source import COST_TOTALS
from ingest.windows import Window, due
from models.clock import Clock, rfc3339
from models.setting_values import PREFIX
from models.settings import Settings
from models.warehouse import Connection, scalar

LOOK_BACK = timedelta(days=40)
"""Days that may still change: a month stays open for some days after its end, and until then late
usage, refunds and rounding restate every day of it."""

_DAY = timedelta(days=1)


def load_cost_totals(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    progress: Progress = unseen,
    *,
    asked: Window | None = None,
    again: bool = False,
) -> Landed:
    """Load the totals of every day that is over and may have changed; `asked` bounds it to a span.

    With `again`, that span is read whether or not it was read before. Without a billing scope there
    is nothing to do. Raises SourceError that says what to do.
    """
    landed = Landed()
    scope = settings.billing_scope
    if not scope:
        return landed
    origin = scope.strip("/").lower()
    windows = [asked] if asked and again else due(
        connection, settings, clock, COST_TOTALS, origin, look_back=LOOK_BACK, asked=asked,
    )  # fmt: skip
    months = list(_months(clock.now(), windows, are_whole=asked is None))
    with _service(settings) as service:
        for number, window in enumerate(months, start=1):
            totals = daily_totals(service, scope, window)
            if totals is None and _had_rows(connection, origin, window):
                raise NoAnswerError(
                    f"{service.name} has nothing (204) from {rfc3339(window[0])} on, though it had"
                    " before: the next run asks again"
                )
            landed += _land(connection, settings, clock, origin, window, totals or [])
            progress("cost totals (months)", number, len(months))
    return landed


def probe(settings: Settings, clock: Clock) -> None:
    """Ask what the billing scope cost yesterday; SourceError says why that was not answered."""
    today = _midnight(clock.now())
    with _service(settings) as service:
        totals_of(service, settings.billing_scope or "", (today - _DAY, today), ())


@contextmanager
def _service(settings: Settings) -> Iterator[AzureService]:
    role = "grant tollbook's identity the role Cost Management Reader on TOLLBOOK_BILLING_SCOPE"
    with cost_client(settings) as client:
        yield AzureService(
            client,
            f"Cost Management of {settings.billing_scope}",
            settings.management_endpoint,
            f"{PREFIX}MANAGEMENT_ENDPOINT",
            patience_of(settings),
            {
                400: f"check {PREFIX}BILLING_SCOPE; the service does not take the question there",
                401: role,
                403: role,
                404: f"check {PREFIX}BILLING_SCOPE",
            },
        )


def _months(now: datetime, windows: Sequence[Window], *, are_whole: bool) -> Iterator[Window]:
    """Cut windows to days that are over, a month at most each, oldest first.

    `are_whole` begins each with its month: then a month that is over has the same window in every
    run, and is stored again only when it changed.
    """
    today = _midnight(now)
    reached: datetime | None = None
    for first, last in windows:
        start = _midnight(first)
        start = start.replace(day=1) if are_whole else start
        start = max(start, reached) if reached else start
        end = min(_midnight(last + _DAY - timedelta(microseconds=1)), today)
        while start < end:
            next_month = (start.replace(day=1) + timedelta(days=31)).replace(day=1)
            yield start, min(next_month, end)
            start = min(next_month, end)
            reached = start


def _midnight(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


def _had_rows(connection: Connection, origin: str, window: Window) -> bool:
    first, last = (moment.date() for moment in window)
    return bool(
        scalar(
            connection,
            "select count(*) from warehouse.staging.cost_totals"
            " where origin = ? and charge_date >= ? and charge_date < ?",
            [origin, first, last],
        )
    )


def _land(
    connection: Connection,
    settings: Settings,
    clock: Clock,
    origin: str,
    window: Window,
    totals: Sequence[CostTotal],
) -> Landed:
    variables = {
        "snapshot_origin": origin,
        "snapshot_first_day": window[0].date(),
        "snapshot_end_day": window[1].date(),
    }
    for name, value in variables.items():
        connection.execute(f"set variable {name} = $value", {"value": value})
    with TemporaryDirectory(dir=settings.data_dir, prefix="costs-") as folder:
        file = Path(folder) / "totals.ndjson"
        lines = (json.dumps(_row(total), ensure_ascii=False) + "\n" for total in totals)
        file.write_text("".join(lines), encoding="utf-8", errors="replace")
        return land(connection, clock, COST_TOTALS, origin, window, file)


def _row(total: CostTotal) -> list[str | None]:
    """One total in the order of COST_TOTALS.columns; the service knows no publisher's name."""
    return [
        total.charge_date.isoformat(),
        total.groups.get("PublisherType"),
        None,
        total.groups.get("MeterCategory"),
        total.groups.get("Meter"),
        total.groups.get("ResourceGroupName"),
        total.groups.get("ChargeType"),
        _digits(total.quantity),
        _digits(total.cost),
        total.currency,
    ]


def _digits(amount: Decimal | None) -> str | None:
    return None if amount is None else format(amount, "f")
