"""A read-only Azure Blob service: account `blobs`, container `usage`, at `/blobs/usage/<blob>`.

For a host that is an IP address azure-storage-blob takes the first part of the path for the
account, so `ContainerClient.from_container_url("http://127.0.0.1:PORT/blobs/usage")` works as it
is, without a credential. List Blobs, Get Blob with ranges, Get Blob and Container Properties, and
the conditions If-Match and If-None-Match, as the Blob service REST pages have them.
"""

import base64
import hashlib
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from xml.sax.saxutils import escape, quoteattr

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ingest.sandbox.usage_blobs import Snapshot, UsageBlob
from models.clock import Clock, rfc3339

CONTAINER = "usage"
PAGE_BLOBS = 5_000
# Named when the server keeps compressed answers from changing a blob's length.
BLOB_TYPE = "application/octet-stream"

_VERSION = "2021-12-02"
_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{1,18})?")
_LIST_OPTIONS = frozenset(
    {"restype", "comp", "prefix", "marker", "maxresults", "include", "delimiter", "timeout"}
)


class _BlobError(Exception):
    """A refusal with its HTTP status and the code the Blob service uses for it."""

    def __init__(
        self, status: int, code: str, message: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


@dataclass(frozen=True)
class Blobs:
    """What the endpoints answer from; `usage` is None when the tenant records no usage."""

    usage: tuple[UsageBlob, ...] | None
    clock: Clock

    def routes(self) -> list[Route]:
        """The container and its blobs; HEAD comes with GET."""
        return [
            self._route("/blobs/{container}", self._container),
            self._route("/blobs/{container}/{blob:path}", self._blob),
        ]

    def _route(self, path: str, handler: Callable[[Request, datetime], Response]) -> Route:
        # Not a coroutine: Starlette runs it in a thread, because it reads files.
        def endpoint(request: Request) -> Response:
            now = self.clock.now()
            try:
                response = handler(request, now)
            except _BlobError as error:
                response = _error_response(error, request, now)
            response.headers["x-ms-request-id"] = str(uuid.uuid4())
            response.headers["x-ms-version"] = request.headers.get("x-ms-version", _VERSION)
            return response

        return Route(path, endpoint)

    def _present(self, request: Request, now: datetime) -> list[Snapshot]:
        """The blobs of the container that exist at `now`, by name."""
        if self.usage is None or request.path_params["container"] != CONTAINER:
            raise _BlobError(404, "ContainerNotFound", "The specified container does not exist.")
        return [found for blob in self.usage if (found := blob.at(now))]

    def _container(self, request: Request, now: datetime) -> Response:
        given = {name.lower(): value for name, value in request.query_params.items()}
        present = self._present(request, now)
        if given.get("restype") != "container":
            raise _query_error("restype")
        if "comp" not in given:
            moment = max((blob.modified_at for blob in present), default=now)
            return Response(headers={"ETag": '"0x8D0"', "Last-Modified": _http_date(moment)})
        if given["comp"] != "list":
            raise _query_error("comp")
        for name in given.keys() - _LIST_OPTIONS:
            raise _query_error(name)
        # No recorded name has a slash, so this delimiter changes nothing; others would.
        if given.get("delimiter", "/") != "/":
            raise _query_error("delimiter")
        body = _listing(request, given, present)
        return Response(body, media_type="application/xml")

    def _blob(self, request: Request, now: datetime) -> Response:
        name = request.path_params["blob"]
        present = self._present(request, now)
        for option in request.query_params.keys() - {"timeout"}:
            raise _query_error(option)
        blob = next((found for found in present if found.name == name), None)
        if blob is None:
            raise _BlobError(404, "BlobNotFound", "The specified blob does not exist.")
        _check_conditions(request, blob)
        headers = _blob_headers(blob)
        if request.method == "HEAD":
            headers["Content-Length"] = str(blob.size_bytes)
            return Response(headers=headers, media_type=BLOB_TYPE)
        asked = _asked_range(request, blob)
        if asked is None:
            content = blob.read(0, blob.size_bytes)
            return Response(content, headers=headers, media_type=BLOB_TYPE)
        start, end = asked
        content = blob.read(start, end)
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{blob.size_bytes}"
        if request.headers.get("x-ms-range-get-content-md5", "").lower() == "true":
            digest = hashlib.md5(content, usedforsecurity=False).digest()
            headers["Content-MD5"] = base64.b64encode(digest).decode()
        return Response(content, 206, headers, BLOB_TYPE)


def _asked_range(request: Request, blob: Snapshot) -> tuple[int, int] | None:
    """The asked bytes as [start, end); None for the whole blob."""
    text = request.headers.get("x-ms-range") or request.headers.get("range")
    found = _RANGE.fullmatch(text) if text else None
    if not found:
        return None
    start = int(found[1])
    end = min(int(found[2]) + 1, blob.size_bytes) if found[2] else blob.size_bytes
    if start >= end:
        raise _BlobError(
            416,
            "InvalidRange",
            "The range specified is invalid for the current size of the resource.",
            {"Content-Range": f"bytes */{blob.size_bytes}"},
        )
    return start, end


def _check_conditions(request: Request, blob: Snapshot) -> None:
    """Raise _BlobError unless the request's conditions on the ETag hold."""
    wanted, unwanted = (_etags(request, name) for name in ("if-match", "if-none-match"))
    if wanted and not wanted & {blob.etag, "*"}:
        raise _BlobError(
            412,
            "ConditionNotMet",
            "The condition specified using HTTP conditional header(s) is not met.",
        )
    if unwanted & {blob.etag, "*"}:
        raise _BlobError(304, "ConditionNotMet", "", {"ETag": blob.etag})


def _etags(request: Request, header: str) -> set[str]:
    return {text.strip() for text in request.headers.get(header, "").split(",") if text.strip()}


def _blob_headers(blob: Snapshot) -> dict[str, str]:
    return {
        "ETag": blob.etag,
        "Last-Modified": _http_date(blob.modified_at),
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "AppendBlob",
        "x-ms-creation-time": _http_date(blob.created_at),
        "x-ms-lease-status": "unlocked",
        "x-ms-lease-state": "available",
        "x-ms-server-encrypted": "true",
    }


def _listing(request: Request, given: dict[str, str], present: list[Snapshot]) -> str:
    """The XML of one page; a marker is the name the page starts at."""
    prefix, marker = given.get("prefix", ""), given.get("marker", "")
    asked = given.get("maxresults")
    if asked is not None and not (asked.isascii() and asked.isdecimal() and int(asked) > 0):
        raise _BlobError(
            400,
            "OutOfRangeQueryParameterValue",
            "The value of the query parameter maxresults is outside the permissible range.",
        )
    size = min(int(asked or PAGE_BLOBS), PAGE_BLOBS)
    wanted = [blob for blob in present if blob.name.startswith(prefix) and blob.name >= marker]
    following = wanted[size].name if len(wanted) > size else ""
    account = f"{request.base_url}blobs/"
    head = f"ServiceEndpoint={quoteattr(account)} ContainerName={quoteattr(CONTAINER)}"
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<EnumerationResults {head}>"
        f"<Prefix>{escape(prefix)}</Prefix><Marker>{escape(marker)}</Marker>"
        f"<MaxResults>{size}</MaxResults>"
        f"<Blobs>{''.join(map(_listed, wanted[:size]))}</Blobs>"
        f"<NextMarker>{escape(following)}</NextMarker></EnumerationResults>"
    )


def _listed(blob: Snapshot) -> str:
    return (
        f"<Blob><Name>{escape(blob.name)}</Name><Properties>"
        f"<Creation-Time>{_http_date(blob.created_at)}</Creation-Time>"
        f"<Last-Modified>{_http_date(blob.modified_at)}</Last-Modified>"
        f"<Etag>{escape(blob.etag.strip(chr(34)))}</Etag>"
        f"<Content-Length>{blob.size_bytes}</Content-Length>"
        f"<Content-Type>{BLOB_TYPE}</Content-Type><BlobType>AppendBlob</BlobType>"
        "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
        "<ServerEncrypted>true</ServerEncrypted></Properties></Blob>"
    )


def _query_error(name: str) -> _BlobError:
    return _BlobError(
        400,
        "InvalidQueryParameterValue",
        f"The sandbox does not answer this value of the query parameter {name[:40]}.",
    )


def _error_response(error: _BlobError, request: Request, now: datetime) -> Response:
    headers = {**error.headers, "x-ms-error-code": error.code}
    if request.method == "HEAD" or error.status == 304:
        return Response(status_code=error.status, headers=headers)
    body = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{error.code}</Code>"
        f"<Message>{escape(error.message)}\nTime:{rfc3339(now)}</Message></Error>"
    )
    return Response(body, error.status, headers, "application/xml")


def _http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)
