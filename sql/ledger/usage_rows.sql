-- 1 row per LLM row near the window, under the key that rows of one request share: their
-- CorrelationId, or where there is none their own id.
select
    coalesce(correlation_id, item_id) as usage_key,
    correlation_id,
    item_id,
    row_time,
    ingested_at,
    sequence_number,
    response_id,
    model_name,
    input_tokens,
    output_tokens,
    refused_counts,
    -- Pieces of long messages carry zeros; only rows that count something are usage.
    refused_counts
    or coalesce(input_tokens > 0, false)
    or coalesce(output_tokens > 0, false) as is_counted,
from warehouse.staging.llm_rows
where
    day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
    or correlation_id in (
        select correlation_id
        from ledger.gateway_calls
        where request_time is null
    )
