"""Cost Management over recorded cost-detail rows: queries, and the cost-details report.

`POST /{scope}/providers/Microsoft.CostManagement/query` answers 200 with a page of rows and the
link to the next one, to which the same body is sent again, or 204 when nothing is there. For
`generateCostDetailsReport` see `cost_report`.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.sandbox.azure_request import (
    authorized_route,
    bad_request,
    json_body,
    opaque,
    query_options,
    read_opaque,
)
from ingest.sandbox.cost_query import answer_cost_question, read_cost_question
from ingest.sandbox.cost_report import CostReports
from ingest.sandbox.cost_rows import CostRows
from ingest.sandbox.exact_json import write_exact
from ingest.sandbox.workspace import JsonObject, parse_time
from models.clock import Clock, rfc3339

PAGE_ROWS = 1_000

_PROVIDER = "/{scope:path}/providers/Microsoft.CostManagement"
_TOKEN = frozenset({"now", "offset"})


@dataclass(frozen=True)
class Costs:
    """What the endpoints answer from."""

    rows: CostRows
    clock: Clock

    def routes(self) -> list[Route]:
        """The query, and what belongs to the report."""
        return [
            authorized_route(f"{_PROVIDER}/query", self._query, "POST"),
            *CostReports(self.rows, self.clock).routes(_PROVIDER),
        ]

    async def _query(self, request: Request) -> Response:
        given = query_options(request)
        # A page belongs to the moment its first page was asked for.
        token = _read_token(given.get("$skiptoken"))
        now = parse_time(token["now"]) if token else self.clock.now()
        offset = token["offset"] if token else 0
        question = read_cost_question(await json_body(request), now)
        scope = request.path_params["scope"]
        rows = self.rows.in_scope(scope, now)
        table = await run_in_threadpool(answer_cost_question, rows, question)
        end = offset + PAGE_ROWS
        page = table.rows[offset:end]
        if not page:
            return Response(status_code=204)
        following = None
        if end < len(table.rows):
            state = {"now": rfc3339(now), "offset": end}
            query = {"api-version": given["api-version"], "$skiptoken": opaque(state)}
            address = str(request.url).partition("?")[0]
            following = f"{address}?{urlencode(query, safe='$', quote_via=quote)}"
        name = opaque({"scope": scope})[:64]
        body = {
            "id": f"{scope.strip('/')}/providers/Microsoft.CostManagement/query/{name}",
            "name": name,
            "type": "Microsoft.CostManagement/query",
            "properties": {
                "nextLink": following,
                "columns": [{"name": name, "type": kind} for name, kind in table.columns],
                "rows": page,
            },
        }
        return Response(write_exact(body), media_type="application/json")


def _read_token(text: str | None) -> JsonObject | None:
    """The state in a next link; raises RefusedError when there is something else."""
    if text is None:
        return None
    state = read_opaque(text, _TOKEN)
    try:
        if state and isinstance(state["offset"], int) and parse_time(state["now"]):
            return state
    except ValueError:
        pass
    raise bad_request("The $skiptoken is not valid: ask for the first page again.")
