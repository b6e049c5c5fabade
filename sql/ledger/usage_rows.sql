-- 1 row per LLM row near the window, under the key that rows of one request share: their
-- CorrelationId, or where there is none their own id.
with near as (
    select *
    from warehouse.staging.llm_rows
    where day_key between getvariable('first_day') and getvariable('last_day')
    union all
    -- Of the day on either side only what shares a key with the window.
    select *
    from warehouse.staging.llm_rows
    where
        (day_key = getvariable('first_day') - 1 or day_key = getvariable('last_day') + 1)
        and as_key(correlation_id, item_id) in (select key from ledger.near_keys)
    union all
    -- Usage of a request without a time says when it was, however late its rows came.
    select *
    from warehouse.staging.llm_rows
    where
        day_key not between getvariable('first_day') - 1 and getvariable('last_day') + 1
        and correlation_id in (
            select correlation_id
            from warehouse.staging.gateway_requests
            where request_time is null
        )
)

select
    as_key(correlation_id, item_id) as usage_key,
    correlation_id is not null as has_correlation_id,
    other_spelling(correlation_id) as other_correlation_id,
    item_id,
    row_time,
    ingested_at,
    sequence_number,
    response_id,
    if(response_id is null, null, hash(response_id)) as response_key,
    model_name,
    input_tokens,
    output_tokens,
    cached_input_tokens,
    refused_counts,
    -- Pieces of long messages carry zeros; only rows that count something are usage.
    refused_counts
    or coalesce(input_tokens > 0, false)
    or coalesce(output_tokens > 0, false) as is_counted,
from near
