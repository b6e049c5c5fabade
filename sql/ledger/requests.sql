-- 1 row per gateway request of the window, of any outcome, plus usage whose gateway row has not
-- arrived (has_gateway_row is false). reached_model decides what the ledger holds. The window is the
-- days asked for and what the calibration has to know of the days around them.
with paired as (
    select
        call.* exclude (has_correlation_id, other_correlation_id),
        usage.* exclude (has_correlation_id, other_correlation_id, ingested_at),
        call.item_id is not null as has_gateway_row,
        usage.usage_key is not null as has_llm_row,
        coalesce(call.call_key, usage.usage_key) as key,
        coalesce(call.has_correlation_id, usage.has_correlation_id) as has_correlation_id,
        coalesce(call.other_correlation_id, usage.other_correlation_id) as other_correlation_id,
        coalesce(call.request_time, usage.row_time) as event_time,
        coalesce(call.ingested_at, usage.ingested_at) as seen_at,
        coalesce(call.method = 'POST' and ends_with(call.url_path, '/v1/messages'), false)
            as is_messages_call,
        coalesce(
            call.method <> 'POST'
            or ends_with(call.url_path, '/count_tokens')
            or ends_with(call.url_path, '/v1/models'),
            false
        ) as is_never_usage,
    from ledger.gateway_calls as call
    full outer join ledger.llm_usage as usage
        on call.call_key = usage.usage_key and call.call_number = 1
)

select
    -- A further request under one CorrelationId needs a key of its own.
    if(coalesce(call_number, 1) = 1, key, md5(concat_ws('|', key, event_time, item_id))::uuid)
        as request_key,
    has_correlation_id,
    if(coalesce(call_number, 1) = 1, other_correlation_id, coalesce(other_correlation_id, key::varchar))
        as other_correlation_id,
    coalesce(event_time, seen_at) as usage_time,
    event_time is not null as has_event_time,
    coalesce(event_time, seen_at)::date as usage_day,
    has_gateway_row,
    has_llm_row,
    is_messages_call,
    -- Usage without a CorrelationId belongs to a request that is here already, as unmetered; it is
    -- counted in the coverage, and booked nowhere, because nobody can say on whom.
    (is_messages_call and backend_response_code = 200)
    or (coalesce(has_response, false) and not is_never_usage and has_correlation_id)
        as reached_model,
    not has_gateway_row and not has_correlation_id as is_unjoinable,
    * exclude (
        key, call_key, has_correlation_id, other_correlation_id, event_time, has_gateway_row,
        has_llm_row, is_messages_call, is_never_usage, day_key, load_id
    ),
from paired
where
    coalesce(event_time, seen_at) >= getvariable('window_from')
    and coalesce(event_time, seen_at) < getvariable('window_to')
    -- Rows of calls that never reached a model have no meaning without their gateway row.
    and (has_gateway_row or has_response)
