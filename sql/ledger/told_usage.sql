-- 1 row per request near the window of which a source counted tokens itself: a usage record, else,
-- for reads alone, the event form of the log, else the caller's token metrics. A record that comes
-- twice counts once.
with records as (
    select
        as_key(correlation_id, null) as request_key,
        max(input_tokens) as input_tokens,
        max(output_tokens) as output_tokens,
        max(cache_read_tokens) as cache_read_tokens,
        max(cache_write_5m_tokens) as cache_write_5m_tokens,
        max(cache_write_1h_tokens) as cache_write_1h_tokens,
    from warehouse.staging.usage_records
    where
        correlation_id is not null
        and day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
    group by request_key
),

logged as (
    select
        usage_key as request_key,
        max(cached_input_tokens) as cache_read_tokens,
    from ledger.usage_rows
    where cached_input_tokens is not null
    group by usage_key
    -- Of several responses under one CorrelationId nobody says whether one count covers all.
    having count(distinct response_id) <= 1
),

metered as (
    select
        request_key,
        cache_read_tokens,
    from ledger.metered_reads
    where requests = 1
)

select
    request_key,
    records.input_tokens,
    records.output_tokens,
    coalesce(
        records.cache_read_tokens, logged.cache_read_tokens, metered.cache_read_tokens
    ) as cache_read_tokens,
    records.cache_write_5m_tokens,
    records.cache_write_1h_tokens,
from records
full outer join logged using (request_key)
full outer join metered using (request_key)
