"""What a fault looks at in a request: its service, its address, its body, the query inside."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from ingest.sandbox.kql import names
from models.clock import parse_utc

Service: TypeAlias = Literal["logs", "graph", "metrics", "costs", "retail", "blobs", "other"]

# By path, first that holds; ARM writes its provider names in any letter case.
_SERVICES: tuple[tuple[re.Pattern[str], Service], ...] = (
    (re.compile(r"/v1/"), "logs"),
    (re.compile(r"/v1\.0/"), "graph"),
    (re.compile(r"/subscriptions/.*/metrics:getBatch$", re.IGNORECASE), "metrics"),
    (re.compile(r".*/providers/Microsoft\.CostManagement/", re.IGNORECASE), "costs"),
    (re.compile(r"/api/retail/prices"), "retail"),
    (re.compile(r"/blobs/"), "blobs"),
)
_INGESTED = re.compile(
    r"\bingestion_time\s*\(\s*\)\s*(?P<side>[<>])=?\s*datetime\s*\(\s*(?P<time>[^)]+?)\s*\)"
)


@dataclass(frozen=True)
class FaultRequest:
    """One request as it arrived. `query_string` is percent-encoded, `body` has no encoding."""

    method: str
    path: str
    query_string: str = ""
    body: bytes = b""

    @cached_property
    def service(self) -> Service:
        """The service this path belongs to."""
        return next((name for form, name in _SERVICES if form.match(self.path)), "other")

    @cached_property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    @cached_property
    def kql(self) -> str:
        """The query of a Log Analytics request; empty where there is none."""
        if self.service != "logs":
            return ""
        try:
            asked = json.loads(self.body)
        except (ValueError, RecursionError):
            return ""
        query = asked.get("query") if isinstance(asked, dict) else None
        return query if isinstance(query, str) else ""

    @cached_property
    def names(self) -> frozenset[str]:
        """The tables and columns the query names."""
        return names(self.kql)

    @cached_property
    def window_seconds(self) -> float | None:
        """How much ingestion time the query spans; None when it does not bound both sides."""
        bounds = {}
        try:
            for found in _INGESTED.finditer(self.kql):
                bounds[found["side"]] = parse_utc(found["time"].strip("'\""))
        except ValueError:
            return None
        if len(bounds) < 2:
            return None
        return (bounds["<"] - bounds[">"]).total_seconds()
