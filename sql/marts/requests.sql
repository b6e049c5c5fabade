-- 1 row per gateway request of one usage day, of any outcome, with what the log showed of it: the
-- evidence behind the ledger. It holds no names and no object ids, only the caller's surrogate.
select
    call.request_key,
    call.has_correlation_id,
    call.other_correlation_id,
    call.usage_time,
    call.reached_model,
    call.has_gateway_row,
    call.has_event_time,
    caller.caller_id,
    unit.unit_id,
    call.caller_evidence,
    call.caller_conflict,
    call.malformed_oid,
    call.malformed_headers,
    call.method,
    call.url_path,
    call.response_code,
    call.backend_response_code,
    call.backend_host,
    call.last_error_reason,
    call.denied_by,
    call.request_size_bytes,
    call.response_size_bytes,
    call.total_time_ms,
    call.region,
    call.user_agent,
    call.session_id,
    call.deployment,
    call.deployment_evidence,
    call.sku,
    call.speed,
    call.least_zone,
    call.seen_at as ingested_at,
    try_cast(call.item_id as uuid) as item_key,
    other_spelling(call.item_id) as other_item_id,
    call.has_llm_row,
from ledger.attributed as call
left join warehouse.directory.callers as caller on call.caller_oid = caller.oid::uuid
left join warehouse.dimension.units as unit on call.unit = unit.unit
where call.usage_day = getvariable('usage_day')
order by caller.caller_id, call.usage_time, call.request_key
