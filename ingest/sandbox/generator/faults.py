"""What doctor must find, planted into single calls, and what it must not mistake for it.

A call carries one fault or near miss at most, and none beside a trap.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ingest.sandbox.generator.catalog import SONNET_TRIAL
from ingest.sandbox.generator.outcomes import OUTCOME, Evidence


@dataclass(frozen=True)
class Fault:
    """A fault that `check` must count, or with a `near_miss` text a call that it must not.

    `pool` names the calls it may be planted on, `share` is of the model requests, `least` holds in
    small tenants. It is planted in the part of the recording after `from_share`. `sets` are columns
    of the call it overwrites.
    """

    name: str
    check: str = ""
    pool: str = ""
    near_miss: str = ""
    share: float = 0.0005
    least: int = 3
    from_share: float = 0.0
    sets: Mapping[str, int] = field(default_factory=dict)


def _near(name: str, check: str, pool: str, near_miss: str, **sets: int) -> Fault:
    return Fault(name, check, pool, near_miss, 0.0001, 2, sets=sets)


_LOST: dict[str, int] = {"evidence": Evidence.NONE}
FAULTS = (
    Fault(""),
    Fault("credential_logged", "credential_logged", "served", from_share=0.5),
    _near(
        "authorization_mode", "credential_logged", "served", "a header x-authorization-mode: sso"
    ),
    _near("bearer_agent", "credential_logged", "sdk", "a User-Agent bearer-bot/1.0"),
    Fault("untold_in_log", "credential_untold", "traced in the log", from_share=0.3),
    Fault("untold_in_app_traces", "credential_untold", "traced elsewhere", from_share=0.3),
    _near("told_in_capitals", "credential_untold", "traced in the log", "False, in capitals"),
    _near("oid_in_capitals", "malformed_oid", "served", "an object id in capitals"),
    Fault("response_header_missing", "response_header_missing", "served", from_share=0.2),
    _near(
        "aborted_without_response",
        "response_header_missing",
        "streamed",
        "aborted by the client (499) before the response side was written",
        outcome=OUTCOME["aborted_499"],
    ),
    Fault("refusal_without_caller", "refusal_without_caller", "refused", sets=_LOST),
    _near(
        "subscription_and_oid",
        "subscription_only",
        "served",
        "a subscription key beside the policy's object id",
        subscription=0,
    ),
    Fault("malformed_headers", "malformed_headers", "uncounted"),
    Fault("deployment_unnamed", "deployment_unknown", "opus", least=2),
    Fault(
        "deployment_unlisted",
        "deployment_unlisted",
        "sonnet",
        from_share=0.4,
        sets={"deployment": SONNET_TRIAL},
    ),
    Fault(
        "deployment_refused",
        "deployment_refused",
        "limited",
        from_share=0.6,
        sets={"outcome": OUTCOME["denied_deployment_403"]},
    ),
    Fault("desktop_outdated", "desktop_outdated", "desktop", from_share=0.25),
    _near("desktop_current", "desktop_outdated", "desktop", "Claude/1.15.2 and Claude/1.5.0"),
    Fault("user_agent_missing", "user_agent_missing", "sessionless"),
    _near(
        "opening_without_agent",
        "user_agent_missing",
        "opening",
        "a probe or model list without User-Agent",
    ),
    Fault("session_missing", "session_missing", "code", from_share=0.5),
    Fault("proxy_agent", "gateway_in_front", "one programmer", from_share=0.3),
    Fault("many_agents", "gateway_in_front"),
    Fault("seven_agents", "gateway_in_front", "", "a caller with seven User-Agents in an hour"),
    Fault(
        "short_models",
        "discovery_failing",
        "model list",
        from_share=0.5,
        sets={"outcome": OUTCOME["short_models_404"], **_LOST},
    ),
    Fault(
        "doubled_models",
        "discovery_failing",
        "model list",
        from_share=0.5,
        sets={"outcome": OUTCOME["doubled_models_404"], **_LOST},
    ),
    _near(
        "models_refused",
        "discovery_failing",
        "model list",
        "GET /v1/models answered 401",
        outcome=OUTCOME["models_401"],
        **_LOST,
    ),
    _near(
        "get_messages",
        "discovery_failing",
        "model list",
        "GET /v1/messages answered 404",
        outcome=OUTCOME["get_messages_404"],
        **_LOST,
    ),
    Fault("late_hour", "gap_hours", "", "an hour whose rows arrive two days late"),
)
FAULT = {fault.name: place for place, fault in enumerate(FAULTS)}
