"""The cost-details report: asked for, polled, downloaded as CSV with the columns as recorded.

As documented for generateCostDetailsReport: 202 with Location and Retry-After, then 200 with a
manifest of blobs. The address that is polled carries the whole request and the moment it was made,
so the report is the same however often it is read. One month at most.
"""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.sandbox.azure_request import (
    RefusedError,
    authorized_route,
    bad_request,
    json_body,
    opaque,
    query_options,
    read_opaque,
)
from ingest.sandbox.cost_rows import CostRow, CostRows, column_names
from ingest.sandbox.exact_json import write_exact
from ingest.sandbox.workspace import JsonObject, parse_time
from models.clock import Clock, rfc3339

# Azure asks for half a minute or more; the report of a recording is ready at once.
RETRY_AFTER_S = 1
LONGEST_REPORT = timedelta(days=31)

_METRICS = ("ActualCost", "AmortizedCost")
_INVOICE = ("invoiceid", "invoicenumber")
_LINK_LIFE = timedelta(hours=12)


@dataclass(frozen=True)
class _Report:
    """What is reported: the days (both included) or the invoice, as visible at `now`."""

    scope: str
    metric: str
    first: str
    last: str
    invoice: str
    now: str

    def takes(self, row: CostRow) -> bool:
        """Whether a row belongs in it."""
        if self.invoice:
            return row.text(_INVOICE) == self.invoice
        return self.first <= row.day.isoformat() <= self.last


_STATE = frozenset(_Report.__dataclass_fields__)


@dataclass(frozen=True)
class CostReports:
    """What the endpoints answer from."""

    rows: CostRows
    clock: Clock

    def routes(self, provider: str) -> list[Route]:
        """The endpoints below `provider`, and the download, which needs no authorization."""
        return [
            authorized_route(f"{provider}/generateCostDetailsReport", self._create, "POST"),
            authorized_route(
                f"{provider}/costDetailsOperationResults/{{operation}}", self._result, "GET"
            ),
            Route("/sandbox/cost-details/{operation}.csv", self._download),
        ]

    async def _create(self, request: Request) -> Response:
        given = query_options(request)
        scope = request.path_params["scope"]
        now = self.clock.now()
        self.rows.in_scope(scope, now)
        state = _read_definition(await json_body(request), now)
        operation = opaque({**state, "scope": scope, "now": rfc3339(now)})
        address = str(request.url).partition("?")[0].rpartition("/")[0]
        location = (
            f"{address}/costDetailsOperationResults/{operation}?api-version={given['api-version']}"
        )
        headers = {"Location": location, "Retry-After": str(RETRY_AFTER_S)}
        return Response(status_code=202, headers=headers)

    async def _result(self, request: Request) -> Response:
        query_options(request)
        operation = request.path_params["operation"]
        report = _read_report(operation)
        size = len(await run_in_threadpool(self._csv, report))
        link = f"{request.base_url}sandbox/cost-details/{operation}.csv"
        blobs = [{"blobLink": link, "byteCount": size}] if size else []
        body: dict[str, Any] = {
            "id": request.url.path.lstrip("/"),
            "name": operation[:32],
            "status": "Completed" if size else "NoDataFound",
        }
        if size:
            body["validTill"] = rfc3339(self.clock.now() + _LINK_LIFE)
            body["manifest"] = {
                "manifestVersion": "2022-05-01",
                "dataFormat": "Csv",
                "byteCount": size,
                "blobCount": 1,
                "compressData": False,
                "requestContext": {
                    "requestScope": report.scope,
                    "requestBody": _definition(report),
                },
                "blobs": blobs,
            }
        return Response(write_exact(body), media_type="application/json")

    async def _download(self, request: Request) -> Response:
        try:
            content = await run_in_threadpool(
                self._csv, _read_report(request.path_params["operation"])
            )
        except RefusedError as refused:
            return Response(refused.message, refused.status)
        return Response(content, media_type="text/csv")

    def _csv(self, report: _Report) -> bytes:
        """The report's file; empty when it has no rows."""
        visible = self.rows.in_scope(report.scope, parse_time(report.now))
        rows = [row for row in visible if report.takes(row)]
        if not rows:
            return b""
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        columns = column_names(rows)
        writer.writerow(columns)
        writer.writerows([_cell(row.values.get(name.lower())) for name in columns] for row in rows)
        return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return format(value, "f") if isinstance(value, Decimal) else write_exact(value)


def _read_definition(body: JsonObject, now: datetime) -> JsonObject:
    """The metric and period of a request body; raises RefusedError (400)."""
    given = {name: value for name, value in body.items() if value is not None}
    metric = given.pop("metric", _METRICS[0])
    if metric not in _METRICS:
        raise bad_request(f"The metric must be one of {', '.join(_METRICS)}.")
    if len(given) > 1 or not given.keys() <= {"timePeriod", "billingPeriod", "invoiceId"}:
        raise bad_request("Give one of timePeriod, billingPeriod and invoiceId, or none of them.")
    state = {"metric": metric, "first": "", "last": "", "invoice": ""}
    if "invoiceId" in given:
        return {**state, "invoice": str(given["invoiceId"])}
    first, last = _period(given, now)
    if last < first or last - first >= LONGEST_REPORT:
        raise bad_request("A report covers one month at most, and ends after it starts.")
    return {**state, "first": first.isoformat(), "last": last.isoformat()}


def _period(given: JsonObject, now: datetime) -> tuple[date, date]:
    """First and last day: of timePeriod, of the month billingPeriod, of the running month."""
    try:
        if "timePeriod" in given:
            period = given["timePeriod"]
            return date.fromisoformat(period["start"]), date.fromisoformat(period["end"])
        month = given.get("billingPeriod", now.strftime("%Y%m"))
        first = date.fromisoformat(f"{month}01")
    except (ValueError, TypeError, KeyError):
        raise bad_request(
            "Write timePeriod as {'start': '2026-10-01', 'end': '2026-10-31'}, billingPeriod as "
            "'202610'."
        ) from None
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def _definition(report: _Report) -> JsonObject:
    """The request body as the manifest repeats it."""
    if report.invoice:
        return {"metric": report.metric, "invoiceId": report.invoice}
    return {"metric": report.metric, "timePeriod": {"start": report.first, "end": report.last}}


def _read_report(operation: str) -> _Report:
    """The report an operation id stands for; raises RefusedError (404)."""
    state = read_opaque(operation, _STATE)
    try:
        if state and all(isinstance(value, str) for value in state.values()):
            parse_time(state["now"])
            return _Report(**state)
    except ValueError:
        pass
    raise RefusedError(404, "NotFound", "There is no such operation: ask for the report again.")
