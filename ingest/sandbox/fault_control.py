"""The sandbox's own route about faults: replace them, and read how often each one hit."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ingest.sandbox.faults import Faults, FaultsError, parse_faults

PATH = "/sandbox/faults"


def fault_routes(faults: Faults) -> list[Route]:
    """`GET` counts, `POST {"faults": [...]}` replaces the faults and starts counting anew."""

    async def counts(_: Request) -> Response:
        return JSONResponse({"faults": faults.counts()})

    async def replace(request: Request) -> Response:
        try:
            faults.replace(parse_faults(json.loads(await request.body()), "faults"))
        except (ValueError, RecursionError, FaultsError) as error:
            body = {"error": {"code": "BadRequest", "message": str(error)}}
            return JSONResponse(body, 400)
        return await counts(request)

    return [Route(PATH, counts), Route(PATH, replace, methods=["POST"])]
