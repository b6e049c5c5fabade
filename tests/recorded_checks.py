"""What doctor's contract says of single requests, worked out in Python from recorded rows alone."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from recorded_tenant import headers, is_guid, trace_metadata

Row = dict[str, Any]
CREDENTIALS = {
    "authorization",
    "proxy-authorization",
    "x-api-key",
    "api-key",
    "ocp-apim-subscription-key",
    "cookie",
    "set-cookie",
}
BEARER = re.compile(r"bearer\s+[a-z0-9._~+/=-]{16,}", re.IGNORECASE)
DESKTOP = re.compile(r"\bClaude/(\d+)\.(\d+)")
PROXIES = re.compile(
    r"litellm|portkey|openrouter|helicone|bifrost|kong|envoy|nginx|apisix", re.IGNORECASE
)
SIDES = ("RequestHeaders", "ResponseHeaders", "BackendRequestHeaders")
MANY_AGENTS = 8


@dataclass
class Usage:
    """What the LLM rows of one CorrelationId say together."""

    has_response: bool = False
    has_time: bool = False
    is_impossible: bool = False
    models: set[str] = field(default_factory=set)

    def add(self, row: Row) -> None:
        self.has_response |= bool(row["RequestId"])
        self.has_time |= row["TimeGenerated"] is not None
        counts = (row["PromptTokens"], row["CompletionTokens"])
        self.is_impossible |= any(not 0 <= count <= 2_000_000 for count in counts)
        if row["ModelName"]:
            self.models.add(re.sub(r"-\d{8}$", "", row["ModelName"]))


@dataclass(frozen=True)
class Evidence:
    """One gateway row with everything that a check of it needs; object ids in lower case."""

    row: Row
    trace: Row
    usage: Usage | None
    client: dict[str, str]
    backend: dict[str, str]
    response: dict[str, str]

    @property
    def path(self) -> str:
        return str(self.row["Url"]).partition("?")[0]

    @property
    def is_messages(self) -> bool:
        return self.row["Method"] == "POST" and self.path.endswith("/v1/messages")

    @property
    def is_forwarded(self) -> bool:
        return self.is_messages and bool(self.row["BackendResponseCode"])

    @property
    def reached(self) -> bool:
        return self.is_messages and self.row["BackendResponseCode"] == 200

    @property
    def agent(self) -> str:
        return self.client.get("user-agent", "")

    @property
    def deployment(self) -> str | None:
        name = "x-llm-deployment"
        return (
            self.backend.get(name)
            or self.response.get(name)
            or self.trace.get("deployment")
            or None
        )

    def oid(self, side: str) -> str | None:
        texts = {
            "backend": self.backend.get("x-caller-oid"),
            "response": self.response.get("x-caller-oid"),
            "trace": self.trace.get("oid"),
            "client": self.client.get("x-caller-oid"),
        }
        text = (texts[side] or "").lower()
        return text if is_guid(text) else None

    @property
    def believes_backend(self) -> bool:
        backend = self.oid("backend")
        return bool(backend) and (
            backend != self.oid("client") or backend in (self.oid("response"), self.oid("trace"))
        )

    @property
    def caller(self) -> str | None:
        """The caller that the policy names, without subscriptions."""
        named = self.oid("backend") if self.believes_backend else None
        return named or self.oid("response") or self.oid("trace")


@dataclass(frozen=True)
class Tenant:
    """What a check may ask beside the row itself."""

    deployments: list[Row]
    subscriptions: set[str]


def evidence(row: Row, trace: Row | None, usage: Usage | None) -> Evidence:
    client, response, backend = (headers(row[side]) for side in SIDES)
    return Evidence(row, trace_metadata(row) or trace or {}, usage, client, backend, response)


def checks_of(seen: Evidence, tenant: Tenant) -> Iterator[str]:
    """Yield the checks that must count this request."""
    yield from _credential_checks(seen)
    yield from _caller_checks(seen, tenant)
    yield from _row_checks(seen, tenant)
    yield from _client_checks(seen, tenant)


def _credential_checks(seen: Evidence) -> Iterator[str]:
    trace = seen.trace
    if seen.is_forwarded and not trace:
        yield "untraced"
    if trace:
        forwarded = trace.get("user_authorization_forwarded", "").lower()
        kind = trace.get("credential_kind", "").lower()
        if forwarded == "true":
            yield "user_credential_forwarded"
        if forwarded not in ("true", "false") or kind not in ("managed_identity", "key"):
            yield "credential_untold"
        if kind == "key":
            yield "mixed_credentials"
    names = {name for side in SIDES for name in headers(seen.row[side])}
    if names & CREDENTIALS or any(BEARER.search(str(seen.row[side])) for side in SIDES):
        yield "credential_logged"


def _caller_checks(seen: Evidence, tenant: Tenant) -> Iterator[str]:
    backend, response = seen.oid("backend"), seen.oid("response")
    named = {oid for oid in (backend, response, seen.oid("trace")) if oid}
    if len(named) > 1 or (backend and not seen.believes_backend):
        yield "caller_conflict"
    key = seen.row["ApimSubscriptionId"]
    if seen.reached and not seen.caller and key not in tenant.subscriptions:
        yield "no_caller"
    written = [seen.backend.get("x-caller-oid"), seen.response.get("x-caller-oid")]
    if any(text and not is_guid(text.lower()) for text in (*written, seen.trace.get("oid"))):
        yield "malformed_oid"
    if seen.reached and seen.oid("trace") and not seen.believes_backend and not response:
        yield "trace_only"
    if seen.is_forwarded and response and "x-caller-oid" not in seen.backend:
        yield "backend_header_missing"
    answered = seen.row["ResponseCode"] not in (0, 499)
    if seen.is_forwarded and answered and seen.believes_backend and not written[1]:
        yield "response_header_missing"
    refused = seen.row["ResponseCode"] in (403, 429) and not seen.row["BackendResponseCode"]
    if refused and not written[1]:
        yield "refusal_without_caller"
    if seen.is_messages and key and not (named or any(written)):
        yield "subscription_only"


def _row_checks(seen: Evidence, tenant: Tenant) -> Iterator[str]:
    if seen.reached and not (seen.usage and seen.usage.has_response):
        yield "usage_row_missing"
    if any(isinstance(seen.row[side], str) and not headers(seen.row[side]) for side in SIDES):
        yield "malformed_headers"
    if seen.usage and seen.usage.is_impossible:
        yield "impossible_tokens"
    if seen.row["TimeGenerated"] is None and not (seen.usage and seen.usage.has_time):
        yield "time_missing"
    host = str(seen.row["BackendUrl"]).partition("//")[2].partition(".")[0]
    if seen.reached and not seen.deployment and not tells_deployment(seen.usage, host, tenant):
        yield "deployment_unknown"


def tells_deployment(usage: Usage | None, host: str, tenant: Tenant) -> bool:
    """Tell whether model and host, or the model alone, leave one deployment."""
    models = usage.models if usage else set()
    fits = [known for known in tenant.deployments if known["model"] in models]
    on_host = [known for known in fits if known["foundry_resource_id"].endswith(f"/{host}")]
    return len(on_host) == 1 or len(fits) == 1


def rowless_checks(usage: Usage, tenant: Tenant) -> Iterator[str]:
    """Yield the checks that must count usage without a gateway row."""
    if usage.has_response:
        yield "gateway_row_missing"
        if not tells_deployment(usage, "", tenant):
            yield "deployment_unknown"


def _client_checks(seen: Evidence, tenant: Tenant) -> Iterator[str]:
    desktop = DESKTOP.search(seen.agent)
    if desktop and (int(desktop[1]), int(desktop[2])) < (1, 5):
        yield "desktop_outdated"
    if seen.is_messages and not seen.agent:
        yield "user_agent_missing"
    has_session = "x-claude-code-session-id" in seen.client
    if seen.is_messages and "claude-cli" in seen.agent and not has_session:
        yield "session_missing"
    if PROXIES.search(seen.agent):
        yield "gateway_in_front"
    lost = seen.row["ResponseCode"] in (404, 405)
    if seen.row["Method"] == "GET" and seen.path.endswith("/models") and lost:
        yield "discovery_failing"
    if seen.response.get("x-denied-by") == "deployment":
        yield "deployment_refused"
    listed = {known["name"] for known in tenant.deployments}
    if seen.reached and seen.deployment and seen.deployment not in listed:
        yield "deployment_unlisted"


def crowded(agents: dict[tuple[str, str], dict[str, list[str]]]) -> set[str]:
    """CorrelationIds of callers' hours with many User-Agents: (caller, hour) -> agent -> ids."""
    found = (by_agent for by_agent in agents.values() if len(by_agent) >= MANY_AGENTS)
    return {name for by_agent in found for ids in by_agent.values() for name in ids}


def new_agents() -> dict[tuple[str, str], dict[str, list[str]]]:
    return defaultdict(lambda: defaultdict(list))
