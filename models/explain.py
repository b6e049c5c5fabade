"""Explains one request: every source row, directory row, price row and rule behind its figures."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from models.errors import ReportError
from models.money import exact
from models.publication import Manifest
from models.published import FIRST_DAY, LAST_DAY, reading
from models.rendering import plain
from models.retention import REQUESTS
from models.seeds import ALWAYS, FOREVER
from models.viewer import Viewer

_CALLER_RULES = {
    "backend_header": "x-caller-oid in BackendRequestHeaders, written by the gateway's policy",
    "response_header": "x-caller-oid in ResponseHeaders, written by the gateway's policy",
    "trace": "metadata oid of the policy's trace in TraceRecords",
    "subscription": "ApimSubscriptionId, mapped by subscriptions.csv",
    "none": "no side the policy writes names a caller",
}
_UNIT_RULES = {
    "cost_center": "employeeOrgData.costCenter in the directory at that time",
    "department": "department in the directory at that time",
    "company": "companyName in the directory at that time",
    "division": "employeeOrgData.division in the directory at that time",
    "group": "in the group at that time",
    "oid": "ownership_rules.csv names the caller",
    "reports_to": "reported to whom ownership_rules.csv names, or is them",
    "manager": "the unit of the nearest manager who has one",
    "owner": "the unit of whom owners.csv names as the owner",
    "always": "no rule before it holds: the tenant's last resort",
    "correction": "unit_corrections.csv puts the caller there",
    "last_resort": "no rule holds",
    "not_in_directory": "the directory does not know the caller",
}
_DEPLOYMENT_RULES = {
    "policy": "x-llm-deployment, written by the gateway's policy",
    "backend_host": "the only deployment of the model on the BackendUrl's host",
    "only_deployment": "the only deployment of the model in deployments.csv",
    "none": "several deployments are possible; the bounds span their prices",
}
_CLASSES = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
_CACHE_RULES = {
    "measured": "a usage record, the log itself, or the token metrics of the caller's minute"
    " counted them for this request",
    "calibrated": "estimated from the request's bytes and its conversation, then scaled so that the"
    " requests of its minutes on the deployment sum to Foundry's own counts",
    "estimated": "estimated from the request's bytes and its conversation; Foundry's own counts of"
    " its minute are missing",
    "unknown": "no source shows them, and Foundry's own counts are missing",
}
_LABEL_RULES = {
    "unattributed": "nobody is known to have sent it",
    "unmetered": "it reached a model, but no usage row with tokens has arrived",
    "unpriced": "the price list has no row for this model, speed, zone and time",
}


def explain(
    folder: Path,
    viewer: Viewer,
    correlation_id: str,
    *,
    first_day: date = FIRST_DAY,
    last_day: date = LAST_DAY,
    manifest: Manifest | None = None,
) -> list[dict[str, Any]]:
    """Return one explanation per request with that CorrelationId (or request key), as plain data.

    A known span of days spares looking through all; `manifest` pins a published state.

    Raises ReportError when the viewer may see no such request.
    """
    with reading(
        folder, viewer, first_day=first_day, last_day=last_day, manifest=manifest
    ) as published:
        rows = published.query("reports/explain_request", wanted=correlation_id).records()
    if not rows:
        raise ReportError(
            f"no published request has the CorrelationId {correlation_id}: check the id, or run"
            f" `tollbook run` if it is newer than the publication{_purged(published.manifest)}"
        )
    return [plain(_explanation(row)) for row in rows]


def _purged(manifest: Manifest) -> str:
    days = [day for day, kinds in sorted(manifest.purged.items()) if REQUESTS in kinds]
    if not days:
        return ""
    return (
        f". The rows of single requests of {len(days)} days between {days[0]} and {days[-1]} were"
        " purged under the retention rule; their daily totals are kept"
    )


def is_unknown(name: str, value: Any) -> bool:
    """Tell a missing amount, which is unknown, from a thing that is simply not there."""
    return value is None and name.endswith(("_tokens", "_usd"))


def _explanation(row: Mapping[str, Any]) -> dict[str, Any]:
    explained: dict[str, Any] = {
        "request": _take(row, "correlation_id", "request_key", "usage_time", "reached_model")
        | {"client": row["client"]},
        "gateway_row": _gateway_row(row),
        "llm_rows": row["llm_rows"] or [],
        "caller": _take(row, "oid", "display_name", "kind", "caller_evidence", "caller_conflict")
        | {"rule": _CALLER_RULES[row["caller_evidence"]]},
    }
    if not row["reached_model"]:
        explained["booked"] = "nothing: the request did not reach a model"
        return explained
    return explained | {
        "unit": _unit(row),
        "deployment": _take(row, "llm_model", "account", "deployment", "sku", "speed")
        | {"rule": _DEPLOYMENT_RULES[row["deployment_evidence"]]},
        "price": _price(row),
        "charge": _charge(row),
    }


def _unit(row: Mapping[str, Any]) -> dict[str, Any]:
    if row["unit_rule"] is None:
        return {"unit": row["unit"], "rule": "no caller, so no unit"}
    attribute = row["unit_attribute"] or row["unit_rule"]
    said = {
        "unit": row["unit"],
        "rule": row["unit_rule"],
        "rule_reads": _UNIT_RULES.get(attribute, f"onPremisesExtensionAttributes: {attribute}"),
        "raw_value": row["unit_raw_value"],
        "source": row["unit_source"],
        "held_from": _bound(row["owner_from"]),
        "held_to": _bound(row["owner_to"]),
    }
    if row["ruled_unit"] not in {None, row["unit"]}:
        said["note"] = f"the rules of today say {row['ruled_unit']}; what was booked stays"
    return said


def _gateway_row(row: Mapping[str, Any]) -> dict[str, Any] | str:
    if not row["has_gateway_row"]:
        return "has not arrived; the LLM row alone shows the request"
    return _take(
        row,
        "item_id",
        "ingested_at",
        "method",
        "url_path",
        "response_code",
        "backend_response_code",
        "last_error_reason",
        "request_size_bytes",
        "user_agent",
    )


def _price(row: Mapping[str, Any]) -> dict[str, Any] | str:
    if row["price_id"] is None:
        return _LABEL_RULES["unpriced"]
    up_to = row["prompt_up_to_tokens"]
    band = "any prompt" if up_to > 10**12 else f"prompt up to {up_to} tokens"
    if row["prompt_over_tokens"] > 0:
        band = f"prompt over {row['prompt_over_tokens']} tokens"
    return _take(row, "price_id", "zone") | {
        "band": band,
        "input_usd_per_token": row["input_usd"],
        "output_usd_per_token": row["output_usd"],
        "cache_read_usd_per_token": row["cache_read_usd"],
        "cache_write_5m_usd_per_token": row["cache_write_5m_usd"],
        "cache_write_1h_usd_per_token": row["cache_write_1h_usd"],
        "valid_from": _bound(row["price_from"]),
        "valid_to": _bound(row["price_to"]),
        "recorded_from": row["price_recorded_from"],
        "source": row["price_source"],
        "link": row["price_link"],
        "reviewer": row["price_reviewer"],
    }


def _charge(row: Mapping[str, Any]) -> dict[str, Any]:
    charge = _take(
        row,
        "label",
        "cost_status",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_5m_tokens",
        "cache_write_1h_tokens",
        "usage_evidence",
        "list_cost_usd",
        "contracted_cost_usd",
        "billed_cost_usd",
        "cost_low_usd",
        "cost_high_usd",
    )
    charge["label_rule"] = _LABEL_RULES.get(row["label"], "")
    words = dict.fromkeys(row[f"cache_{kind}_evidence"] or "unknown" for kind in ("read", "write"))
    charge["cache_evidence"] = " and ".join(words)
    charge["cache_rule"] = "; ".join(_CACHE_RULES[word] for word in words)
    parts = [
        f"{row[f'{kind}_tokens']} x {exact(row[f'{kind}_usd'])}"
        for kind in _CLASSES
        if row[f"{kind}_tokens"] and isinstance(row[f"{kind}_usd"], Decimal)
    ]
    if parts and row["list_cost_usd"] is not None:
        charge["arithmetic"] = f"{' + '.join(parts)} = {exact(row['list_cost_usd'])} USD"
    return charge


def _take(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _bound(moment: datetime | None) -> datetime | None:
    """Return an interval's end, None where the interval is open on that side."""
    return None if moment in {ALWAYS, FOREVER, None} else moment
