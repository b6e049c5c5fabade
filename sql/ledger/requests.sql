-- 1 row per gateway request of the window, of any outcome, plus usage whose gateway row has not
-- arrived (has_gateway_row is false). reached_model decides what the ledger holds.
with paired as (
    select
        call.*,
        usage.* exclude (correlation_id, ingested_at),
        call.item_id is not null as has_gateway_row,
        usage.usage_key is not null as has_llm_row,
        coalesce(call.correlation_id, usage.correlation_id) as paired_correlation_id,
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
        on call.correlation_id = usage.correlation_id and call.call_number = 1
)

select
    coalesce(
        case when coalesce(call_number, 1) = 1 then try_cast(paired_correlation_id as uuid) end,
        md5(
            concat_ws('|', paired_correlation_id, event_time::varchar, coalesce(item_id, usage_key))
        )::uuid
    ) as request_key,
    paired_correlation_id as correlation_id,
    coalesce(event_time, seen_at) as usage_time,
    event_time is not null as has_event_time,
    coalesce(event_time, seen_at)::date as usage_day,
    has_gateway_row,
    has_llm_row,
    is_messages_call,
    -- Usage without a CorrelationId belongs to a request that is here already, as unmetered; it is
    -- counted in the coverage, and booked nowhere, because nobody can say on whom.
    (is_messages_call and backend_response_code = 200)
    or (
        coalesce(has_response, false)
        and not is_never_usage
        and paired_correlation_id is not null
    ) as reached_model,
    not has_gateway_row and paired_correlation_id is null as is_unjoinable,
    * exclude (
        correlation_id, paired_correlation_id, event_time, has_gateway_row, has_llm_row,
        is_messages_call, is_never_usage, day_key, load_id
    ),
from paired
where
    coalesce(event_time, seen_at)::date between getvariable('first_day') and getvariable('last_day')
    -- Rows of calls that never reached a model have no meaning without their gateway row.
    and (has_gateway_row or has_response)
