"""How a call to the gateway can end, and what the log keeps of who sent it."""

from dataclasses import dataclass
from enum import IntEnum


class Evidence(IntEnum):
    """Where the log shows the caller; the rung of the ladder that finds them, or none."""

    BACKEND = 0
    """The policy wrote the caller towards the backend and into the response."""
    RESPONSE = 1
    TRACE = 2
    SUBSCRIPTION = 3
    NONE = 4
    CLAIMED = 5
    """The client's own header went through to the backend; nothing confirms it."""
    MALFORMED = 6
    """The policy wrote something that is no oid."""


# The last three are on no route of the API.
MESSAGES, COUNT_TOKENS, MODELS, PROBE, SHORT_MODELS, DOUBLED_MODELS, GET_MESSAGES = range(7)
METHODS = ("POST", "POST", "GET", "HEAD", "GET", "GET", "GET")
OPERATIONS = ("messages", "count-tokens", "models", "probe", "", "", "")
ROUTES = (
    "/v1/messages",
    "/v1/messages/count_tokens",
    "/v1/models",
    "/api/hello",
    "/models",
    "/v1/v1/models",
    "/v1/messages",
)


@dataclass(frozen=True)
class Outcome:
    """One way a call ends. `share` is of model requests, `least` holds in small tenants.

    `reason` and `source` are LastErrorReason and LastErrorSource. `backend_code` is 0 when the
    gateway answered itself; `forwarded` tells whether the request left for the backend at all.
    """

    name: str
    response_code: int
    backend_code: int
    share: float = 0.0
    least: int = 0
    call: int = MESSAGES
    reason: str = ""
    source: str = ""
    denied_by: str = ""
    evidence: Evidence = Evidence.BACKEND
    forwarded: bool = True

    @property
    def reached_model(self) -> bool:
        """A POST on the messages route that the backend answered with 200."""
        return self.call == MESSAGES and self.backend_code == 200


def _refused(
    name: str, code: int, share: float, least: int, reason: str = "", source: str = ""
) -> Outcome:
    """Return a refusal by the gateway; a bad token leaves no caller in the log."""
    return Outcome(
        name,
        code,
        0,
        share,
        least,
        reason=reason,
        source=source,
        denied_by="" if reason else "entitlement",
        evidence=Evidence.NONE if code == 401 else Evidence.RESPONSE,
        forwarded=False,
    )


def _lost(name: str, call: int) -> Outcome:
    """Return a GET for which the gateway has no operation; no policy runs."""
    return Outcome(
        name,
        404,
        0,
        call=call,
        reason="OperationNotFound",
        source="configuration",
        evidence=Evidence.NONE,
        forwarded=False,
    )


_ABORT = "ClientConnectionFailure"
_FORWARD = "forward-request"
OUTCOMES = (
    Outcome("ok", 200, 200),
    Outcome("aborted_after_start", 200, 200, reason=_ABORT, source=_FORWARD),
    Outcome("aborted_499", 499, 200, reason=_ABORT, source=_FORWARD),
    Outcome("aborted_0", 0, 200, reason=_ABORT, source=_FORWARD),
    Outcome("count_tokens", 200, 200, 0.03, 3, call=COUNT_TOKENS),
    Outcome("models", 200, 0, call=MODELS, evidence=Evidence.RESPONSE, forwarded=False),
    Outcome("probe", 200, 0, call=PROBE, evidence=Evidence.NONE, forwarded=False),
    _refused("gateway_429", 429, 0.010, 4, "OpenAITokenLimitExceeded", "llm-token-limit"),
    Outcome("foundry_429", 429, 429, 0.007, 4),
    _refused("quota_403", 403, 0.0015, 3, "OpenAITokenQuotaExceeded", "llm-token-limit"),
    _refused("denied_403", 403, 0.001, 3),
    _refused("expired_401", 401, 0.003, 3, "TokenExpired", "validate-jwt"),
    _refused("absent_401", 401, 0.0008, 2, "TokenNotPresent", "validate-jwt"),
    _refused("audience_401", 401, 0.0005, 2, "TokenAudienceNotAllowed", "validate-jwt"),
    _refused("claim_401", 401, 0.0003, 1, "TokenClaimNotFound", "validate-jwt"),
    Outcome("overloaded_529", 529, 529, 0.0015, 2),
    Outcome("failed_500", 500, 500, 0.0008, 2),
    Outcome("unavailable_503", 503, 503, 0.0005, 1),
    Outcome("timeout_504", 504, 0, 0.0006, 2, reason="Timeout", source=_FORWARD),
    Outcome(
        "unreachable_500", 500, 0, 0.0004, 1, reason="BackendConnectionFailure", source=_FORWARD
    ),
    # Without a share: only planted.
    Outcome(
        "denied_deployment_403",
        403,
        0,
        denied_by="deployment",
        evidence=Evidence.RESPONSE,
        forwarded=False,
    ),
    _lost("short_models_404", SHORT_MODELS),
    _lost("doubled_models_404", DOUBLED_MODELS),
    _lost("get_messages_404", GET_MESSAGES),
    Outcome(
        "models_401",
        401,
        0,
        call=MODELS,
        reason="TokenNotPresent",
        source="validate-jwt",
        evidence=Evidence.NONE,
        forwarded=False,
    ),
)
OUTCOME = {outcome.name: place for place, outcome in enumerate(OUTCOMES)}
