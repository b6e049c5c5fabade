"""The error bodies of the services, for a status that none of them means.

Shapes as documented: Log Analytics errors.md, Graph errors.md, the ARM error object of Cost
Management and the metrics batch API, the XML of Blob Storage. Codes that are not documented for a
status are the status in one word.
"""

import uuid
from datetime import datetime
from http import HTTPStatus

from starlette.responses import HTMLResponse, JSONResponse, Response

from ingest.sandbox.fault_kinds import Status
from ingest.sandbox.fault_request import Service
from ingest.sandbox.graph_request import GraphError, error_response
from ingest.sandbox.log_analytics import logs_error

_ARM_CODES = {401: "AuthenticationFailed", 403: "AuthorizationFailed", 404: "ResourceNotFound"}
_CODES: dict[Service, dict[int, str]] = {
    "logs": {
        400: "BadArgumentError",
        401: "AuthorizationRequiredError",
        403: "InsufficientAccessError",
        404: "PathNotFoundError",
        429: "ThrottledError",
    },
    "graph": {
        401: "InvalidAuthenticationToken",
        403: "Authorization_RequestDenied",
        404: "Request_ResourceNotFound",
    },
    "metrics": _ARM_CODES,
    "costs": {**_ARM_CODES, 403: "RBACAccessDenied", 429: "429"},
    "blobs": {
        400: "InvalidInput",
        401: "NoAuthenticationInformation",
        403: "AuthorizationPermissionMismatch",
        404: "BlobNotFound",
        500: "InternalError",
        503: "ServerBusy",
    },
}
_EXPIRED = "The lifetime of the access token is over: it is expired."
_EXPIRED_CODES: dict[Service, str] = {
    "metrics": "ExpiredAuthenticationToken",
    "costs": "ExpiredAuthenticationToken",
}


def status_answer(fault: Status, service: Service, now: datetime) -> Response:
    """The answer of a `status` fault from `service`, at sandbox time `now`."""
    answer = _with_body(fault, service, now)
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = str(fault.retry_after)
    for name, value in fault.headers.items():
        answer.headers[name] = value
    return answer


def expired_token(service: Service, now: datetime) -> Response:
    """The 401 of `service` for a token that is no longer valid."""
    code = _EXPIRED_CODES.get(service, "InvalidAuthenticationToken")
    answer = _azure_error(service, 401, code, _EXPIRED, now)
    answer.headers["WWW-Authenticate"] = (
        'Bearer error="invalid_token", error_description="The access token is expired"'
    )
    return answer


def _with_body(fault: Status, service: Service, now: datetime) -> Response:
    no_error = fault.status < 400 and fault.body == "azure"
    if fault.body == "empty" or no_error or fault.status in (204, 304):
        return Response(status_code=fault.status)
    phrase = HTTPStatus(fault.status).phrase
    if fault.body == "html":
        return HTMLResponse(_html_page(f"{fault.status} {phrase}"), status_code=fault.status)
    if fault.body != "azure":
        return Response(fault.body, status_code=fault.status, media_type="text/plain")
    code = _CODES.get(service, {}).get(fault.status, phrase.title().replace(" ", ""))
    return _azure_error(service, fault.status, code, f"{phrase}: a fault of the sandbox.", now)


def _html_page(title: str) -> str:
    return (
        f"<!DOCTYPE html>\n<html><head><title>{title}</title></head>\n"
        f"<body><h1>{title}</h1><p>The gateway in front of the service answered.</p></body></html>"
    )


def _azure_error(service: Service, status: int, code: str, message: str, now: datetime) -> Response:
    if service == "logs":
        return logs_error(status, code, message)
    if service == "graph":
        return error_response(GraphError(status, code, message), now)
    if service == "blobs":
        body = (
            '<?xml version="1.0" encoding="utf-8"?>'
            f"<Error><Code>{code}</Code><Message>{message}\nRequestId:{uuid.uuid4()}</Message></Error>"
        )
        headers = {"x-ms-error-code": code}
        return Response(body, status, headers, media_type="application/xml")
    return JSONResponse({"error": {"code": code, "message": message}}, status)
