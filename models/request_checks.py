"""What doctor asks of every request: the words of each check, and the two proofs made of them.

sql/ledger/observed.sql decides which request fails which check; docs/gateway/checks.md says how.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from models.finding import DoctorFinding, Severity, ok

NO_CALLER_LIMIT = 0.02
"""Over this share of requests without a caller, a chargeback leaves too much to argue about."""

_POLICY = "put the policy of docs/gateway in place on every API and revision that forwards"
_EVERY_EXIT = "set x-caller-oid in outbound, on-error and every return-response of the policy"
_LOOK = "look at them with `tollbook explain`"


@dataclass(frozen=True)
class Seen:
    """How many requests fail a check (or are counted), when first and last, and some of them."""

    count: int
    since: datetime | None = None
    last: datetime | None = None
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class RequestCheck:
    """A check that single requests fail: what that means, and what to do."""

    area: str
    name: str
    severity: Severity
    text: str
    advice: str


CHECKS = (
    RequestCheck(
        "proofs", "user_credential_forwarded", "fail",
        "requests left for Foundry with a credential of the client's (traced by the policy)",
        "stop the rollout; drop Authorization and api keys in inbound, as docs/gateway/policy.xml",
    ),
    RequestCheck(
        "proofs", "credential_untold", "warn",
        "requests whose trace does not say which credential they left with",
        f"part of the policy is missing: {_POLICY}",
    ),
    RequestCheck(
        "proofs", "untraced", "warn",
        "forwarded requests without a trace: no proof for these",
        f"{_POLICY}; verbosity `information` lets its trace into the log",
    ),
    RequestCheck(
        "proofs", "mixed_credentials", "warn",
        "requests left with a Foundry key, others with the gateway's identity",
        "find the path that still holds a key, and take the key away",
    ),
    RequestCheck(
        "caller", "caller_conflict", "fail",
        "requests whose sides name different callers, or carry a client's own x-caller-oid",
        "override x-caller-oid in inbound on every path; look at who sent it with"
        " `tollbook explain`",
    ),
    RequestCheck(
        "caller", "no_caller", "warn",
        "requests reached a model without a caller (label unattributed)",
        "log x-caller-oid on the backend and response side, and find the API that lacks it",
    ),
    RequestCheck(
        "caller", "malformed_oid", "warn",
        "requests with a caller value that is no object id; it was not used",
        "let the policy write the oid claim, nothing else",
    ),
    RequestCheck(
        "caller", "trace_only", "warn",
        "requests whose caller is known from the trace alone",
        "log x-caller-oid on the backend and response side",
    ),
    RequestCheck(
        "caller", "backend_header_missing", "warn",
        "forwarded requests without x-caller-oid on the backend side",
        "add x-caller-oid to the backend.request headers of the API's diagnostics",
    ),
    RequestCheck(
        "caller", "response_header_missing", "warn",
        "answered requests without x-caller-oid on the response side",
        f"{_EVERY_EXIT}, and add it to the frontend.response headers of the diagnostics",
    ),
    RequestCheck(
        "caller", "refusal_without_caller", "warn",
        "refusals of the gateway (403, 429) that do not say whom they met",
        _EVERY_EXIT,
    ),
    RequestCheck(
        "caller", "subscription_only", "warn",
        "requests with a subscription key and no signed-in caller",
        "move these clients to Entra sign-in; until then name the key's owner in"
        " subscriptions.csv",
    ),
    RequestCheck(
        "caller", "credential_logged", "fail",
        "requests with a credential in the log (its value was dropped while landing)",
        "take Authorization, api keys and cookies out of the diagnostics' header lists, and"
        " renew what was logged",
    ),
    RequestCheck(
        "coverage", "usage_row_missing", "warn",
        "requests reached a model and have no usage row (label unmetered)",
        "check that GatewayLlmLogs is enabled on the API; aborted streams belong here",
    ),
    RequestCheck(
        "coverage", "gateway_row_missing", "warn",
        "usage rows whose gateway row has not arrived (label unattributed)",
        "wait a day; if they stay, check the GatewayLogs category",
    ),
    RequestCheck(
        "coverage", "usage_unjoinable", "warn",
        "usage rows without a CorrelationId; their requests are booked as unmetered",
        "look at the LLM rows; a tool may strip the column on the way",
    ),
    RequestCheck(
        "coverage", "malformed_headers", "warn",
        "requests whose header columns could not be read",
        f"{_LOOK}; another tool may write to this workspace",
    ),
    RequestCheck(
        "coverage", "impossible_tokens", "warn",
        "requests with negative or impossible token counts; those counts are unknown",
        _LOOK,
    ),
    RequestCheck(
        "coverage", "time_missing", "warn",
        "requests without a time; they are booked on the day they arrived, unpriced",
        _LOOK,
    ),
    RequestCheck(
        "coverage", "deployment_unknown", "warn",
        "requests whose deployment is unknown; their bounds span the possible prices",
        "let the policy write x-llm-deployment, or complete deployments.csv",
    ),
    RequestCheck(
        "clients", "desktop_outdated", "warn",
        "requests from Claude Desktop below 1.5, which cannot sign in to a gateway",
        "update Claude Desktop on these machines",
    ),
    RequestCheck(
        "clients", "user_agent_missing", "warn",
        "requests without User-Agent on the client side",
        "add User-Agent to the frontend.request headers of the API's diagnostics",
    ),
    RequestCheck(
        "clients", "session_missing", "warn",
        "requests of Claude Code without x-claude-code-session-id",
        "add the header to the frontend.request headers of the API's diagnostics",
    ),
    RequestCheck(
        "clients", "gateway_in_front", "warn",
        "requests through another gateway, or of a caller with 8 programs within an hour: many"
        " people may stand behind one caller",
        "find whose proxy it is; let its people sign in themselves, or give it an owner",
    ),
    RequestCheck(
        "clients", "discovery_failing", "warn",
        "requests for a list of models where there is none",
        "correct the base URL in the clients' configuration (it ends before /v1), or serve"
        " GET /v1/models",
    ),
    RequestCheck(
        "clients", "deployment_refused", "warn",
        "requests for a deployment that is not approved, refused by the policy",
        "tell the clients which models there are, or approve the deployment",
    ),
    RequestCheck(
        "clients", "deployment_unlisted", "fail",
        "requests reached a deployment that deployments.csv does not list",
        "add it to deployments.csv with its hosting and SKU, or take it off the gateway",
    ),
)  # fmt: skip

_PROOFS = {
    "proof_credential": ("user_credential_forwarded", "credential_untold", "untraced"),
    "proof_caller": ("caller_conflict", "no_caller", "malformed_oid", "trace_only"),
}
_RANK: dict[Severity, int] = {"ok": 0, "warn": 1, "fail": 2}


def request_findings(seen: Mapping[str, Seen]) -> Iterator[DoctorFinding]:
    """Yield the verdict of both proofs, then every check that some request fails.

    `seen` holds checks and counts (all_...) by name; what no request shows may be absent.
    """
    found = {check.name: _finding(check, seen) for check in CHECKS if _is_failed(check, seen)}
    yield from _proofs(found, seen)
    yield from found.values()


def _is_failed(check: RequestCheck, seen: Mapping[str, Seen]) -> bool:
    if check.name == "mixed_credentials" and "all_by_managed_identity" not in seen:
        return False  # A key everywhere is a choice; docs/gateway describes it.
    return check.name in seen


def _finding(check: RequestCheck, seen: Mapping[str, Seen]) -> DoctorFinding:
    these = seen[check.name]
    severity = check.severity
    if check.name == "no_caller" and these.count > NO_CALLER_LIMIT * _count(seen, "all_reached"):
        severity = "fail"
    return DoctorFinding(
        check.area,
        check.name,
        severity,
        f"{these.count:,} {check.text}",
        check.advice,
        these.count,
        these.since,
        these.last,
        these.examples,
    )


def _proofs(
    found: Mapping[str, DoctorFinding], seen: Mapping[str, Seen]
) -> Iterator[DoctorFinding]:
    proven = {
        "proof_credential": (
            "no person's credential reaches Foundry",
            _count(seen, "all_proven"),
            _count(seen, "all_forwarded"),
        ),
        "proof_caller": (
            "nobody can be somebody else",
            _count(seen, "all_with_header"),
            _count(seen, "all_reached"),
        ),
    }
    for name, (claim, given, asked) in proven.items():
        against = [found[part] for part in _PROOFS[name] if part in found]
        worst = max(against, key=lambda part: _RANK[part.severity], default=None)
        text = f"{claim}: shown for {given:,} of {asked:,} requests"
        if worst is None and asked:
            yield ok("proofs", name, text, count=given)
            continue
        severity: Severity = worst.severity if worst else "warn"
        verdict = "refuted" if severity == "fail" else "not yet proven"
        reasons = ", ".join(part.check for part in against) or "no request was forwarded yet"
        advice = "mend the findings it names, then ask again with --from the day after"
        yield DoctorFinding(
            "proofs", name, severity, f"{verdict}: {text} ({reasons})",
            advice if against else "send some requests through the gateway, then `tollbook run`",
            given,
        )  # fmt: skip


def _count(seen: Mapping[str, Seen], name: str) -> int:
    return seen[name].count if name in seen else 0


def seen_of(record: Mapping[str, object]) -> Seen:
    """Return a row of sql/doctor/observations.sql; its times are UTC without saying so."""
    examples = record["examples"]
    return Seen(
        count=int(str(record["count"])),
        since=_utc(record["since"]),
        last=_utc(record["last"]),
        examples=tuple(examples) if isinstance(examples, list) else (),
    )


def _utc(moment: object) -> datetime | None:
    return moment.replace(tzinfo=UTC) if isinstance(moment, datetime) else None
