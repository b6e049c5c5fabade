"""What doctor must find in a generated tenant: the truth's faults.jsonl, by how it was made.

Nothing here reads a recorded row. Each list follows from what was planted into the calls: their
traps, outcomes, evidence and faults.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from ingest.sandbox.generator.arrays import Bools
from ingest.sandbox.generator.calls import Calls
from ingest.sandbox.generator.fault_hours import hour_lines
from ingest.sandbox.generator.faults import FAULTS
from ingest.sandbox.generator.gateway_rows import iso_times
from ingest.sandbox.generator.known_calls import KnownCalls, known_calls
from ingest.sandbox.generator.planting import Planted

Line = dict[str, object]
# Of calls that are ordinary and many, so many are enough as near misses.
_MOST_ORDINARY = 20
_TIMELESS = ("null_time", "null_time_gateway")


@dataclass(frozen=True)
class _Check:
    """One check: which calls it must count, and which it must not, with the reason."""

    name: str
    found: Bools
    near_misses: Sequence[tuple[str, Bools]] = ()


def fault_lines(calls: Calls, planted: Planted, outside: pd.DataFrame) -> list[Line]:
    """Return one line per check that a fault is planted for, by the check's name.

    Times are of the requests; a call whose gateway row tells no time is in the list and the count,
    and not in since and last. An empty CorrelationId counts and is not listed. `served_as_null`
    lists calls whose count does not fit the type of the log's column: a query shows none there.
    """
    known = known_calls(calls, planted)
    lines = [_line(known, check) for check in _checks(known)]
    for line in lines:
        if line["check"] == "impossible_tokens":
            line["served_as_null"] = known.ids(known.trap("absurd_tokens"))
    lines += hour_lines(calls, known, planted, outside)
    return sorted(lines, key=lambda line: str(line["check"]))


def _line(known: KnownCalls, check: _Check) -> Line:
    planted = [
        (fault.near_miss, known.fault(fault.name))
        for fault in FAULTS
        if fault.check == check.name and fault.near_miss
    ]
    times = known.time_ms[check.found & ~known.trap(*_TIMELESS)]
    since, last = iso_times(times[[0, -1]]).tolist() if len(times) else (None, None)
    return {
        "check": check.name,
        "correlation_ids": known.ids(check.found),
        "count": int(check.found.sum()),
        "since": since,
        "last": last,
        "near_misses": [
            {"why": why, "correlation_ids": known.ids(calls)[:most]}
            for most, near in ((None, planted), (_MOST_ORDINARY, check.near_misses))
            for why, calls in near
            if calls.any()
        ],
    }


def _checks(known: KnownCalls) -> Iterator[_Check]:
    """Yield every check about single calls."""
    own = dict.fromkeys(fault.check for fault in FAULTS if fault.check and not fault.near_miss)
    special = [*_credentials(known), *_callers(known), *_completeness(known), *_clients(known)]
    named = {check.name for check in special}
    yield from special
    for name in own:
        if name not in named:
            yield _Check(name, known.planted(name))


def _credentials(known: KnownCalls) -> Iterator[_Check]:
    untraced = known.forwarded_messages & ~known.traced_in_log & ~known.traced_elsewhere
    yield _Check(
        "untraced",
        untraced,
        [
            ("traced in AppTraces alone", known.traced_elsewhere & ~known.traced_in_log),
            ("refused by the gateway, so nothing left", known.outcome("gateway_429")),
        ],
    )
    yield _Check(
        "user_credential_forwarded",
        known.trace_trap("user_authorization_forwarded"),
        [("the trace says false", known.traced_in_log)],
    )
    yield _Check(
        "mixed_credentials",
        known.trace_trap("key_credential"),
        [("the commoner kind", known.traced_in_log)],
    )


def _callers(known: KnownCalls) -> Iterator[_Check]:
    unauthorized = known.outcome("expired_401", "absent_401", "audience_401", "claim_401")
    yield _Check(
        "caller_conflict",
        known.trap("forged_passed_through") | known.trace_trap("other_caller"),
        [
            ("the policy replaced the client's value", known.trap("forged_overridden")),
            ("the client sent its own value", known.trap("client_sent_own_oid")),
        ],
    )
    yield _Check(
        "no_caller",
        known.trap("no_identity", "malformed_oid", "subscription_unknown", "forged_passed_through"),
        [("refused with 401", unauthorized)],
    )
    yield _Check("malformed_oid", known.trap("malformed_oid"))
    yield _Check(
        "trace_only",
        known.trap("trace_only"),
        [("a trace beside the headers", known.traced_in_log & ~known.trap("trace_only"))],
    )
    yield _Check(
        "backend_header_missing",
        known.trap("response_header_only"),
        [("refused, so there is no backend side", known.outcome("gateway_429"))],
    )
    yield _Check(
        "refusal_without_caller",
        known.planted("refusal_without_caller"),
        [("refused with 401", unauthorized)],
    )
    yield _Check(
        "subscription_only",
        known.trap("subscription_key", "subscription_new_owner", "subscription_unknown"),
    )


def _completeness(known: KnownCalls) -> Iterator[_Check]:
    yield _Check(
        "usage_row_missing",
        known.trap(
            "llm_row_missing", "aborted_unmetered", "aborted_unmetered_0", "empty_correlation_id"
        ),
        [("aborted, and counted", known.trap("aborted_metered"))],
    )
    yield _Check(
        "gateway_row_missing",
        known.trap("gateway_row_missing"),
        [("came days late", known.trap("late_days"))],
    )
    yield _Check(
        "usage_unjoinable",
        known.trap("empty_correlation_id"),
        [("no GUID, but on both sides", known.trap("malformed_correlation_id"))],
    )
    yield _Check(
        "malformed_headers",
        known.planted("malformed_headers"),
        [("headers in another shape", known.trap("headers_as_text", "headers_as_list"))],
    )
    yield _Check(
        "impossible_tokens",
        known.trap("negative_tokens", "absurd_tokens"),
        [("large, and possible", known.trap("haiku_uncached_above_100k"))],
    )
    yield _Check(
        "time_missing",
        known.trap("null_time"),
        [("only the LLM row has a time", known.trap("null_time_gateway"))],
    )
    yield _Check(
        "deployment_unknown",
        known.planted("deployment_unknown") | known.deployment_untold,
        [("told by host or model", known.forwarded_messages & known.deployment_inferred)],
    )


def _clients(known: KnownCalls) -> Iterator[_Check]:
    others = known.client("desktop", "sdk") & known.reached
    yield _Check(
        "session_missing",
        known.planted("session_missing"),
        [("clients without sessions", others & (known.table["fault"] == 0).to_numpy())],
    )
    yield _Check(
        "gateway_in_front",
        known.planted("gateway_in_front"),
        [("Anthropic/Python is no proxy", known.client("sdk") & known.outcome("ok") & known.plain)],
    )
    yield _Check(
        "discovery_failing",
        known.planted("discovery_failing"),
        [("GET /v1/models answered 200", known.outcome("models") & known.plain)],
    )
    yield _Check(
        "deployment_refused",
        known.planted("deployment_refused"),
        [("refused for another reason", known.outcome("denied_403"))],
    )
    yield _Check(
        "deployment_unlisted",
        known.planted("deployment_unlisted"),
        [("listed, but on no price list", known.trap("unknown_model") & known.deployment_written)],
    )
