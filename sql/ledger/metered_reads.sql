-- 1 row per request of the window, by itself or with others of its caller in one minute, of which
-- the gateway's token metrics of that caller and minute are: the cache reads they show of all of
-- them together. They are of them if they show the same uncached input and output. Metrics of zero
-- are not sent, so a caller who has any such metric and none in a minute read nothing.
with points as (
    select distinct
        item_id,
        as_oid(entry(header_entries(properties), 'oid'))::uuid as caller_oid,
        date_trunc('minute', time_generated) as minute,
        metric,
        value_sum,
    from warehouse.raw.app_metrics
    where
        time_generated >= getvariable('window_from')
        and time_generated < getvariable('window_to')
        and metric in ('Prompt Tokens', 'Completion Tokens', 'Prompt Cached Tokens')
),

counted as (
    select
        caller_oid,
        minute,
        coalesce(sum(value_sum) filter (where metric = 'Prompt Tokens'), 0) as input_tokens,
        coalesce(sum(value_sum) filter (where metric = 'Completion Tokens'), 0) as output_tokens,
        coalesce(sum(value_sum) filter (where metric = 'Prompt Cached Tokens'), 0) as read_tokens,
    from points
    where caller_oid in (select caller_oid from points where metric = 'Prompt Cached Tokens')
    group by caller_oid, minute
),

asked as (
    select
        request_key,
        caller_oid,
        date_trunc('minute', usage_time + to_milliseconds(coalesce(total_time_ms, 0))) as minute,
        input_tokens,
        output_tokens,
    from ledger.attributed
    where reached_model and caller_oid in (select caller_oid from counted)
),

together as (
    select
        caller_oid,
        minute,
        count(*) as requests,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
    from asked
    group by caller_oid, minute
    -- What the gateway could not count for the log it did not count here either.
    having count(input_tokens) = count(*) and count(output_tokens) = count(*)
)

select
    asked.request_key,
    together.requests,
    dense_rank() over (order by asked.caller_oid, asked.minute) as reads_group,
    counted.read_tokens::bigint as cache_read_tokens,
from asked
inner join together using (caller_oid, minute)
inner join counted using (caller_oid, minute)
where
    together.input_tokens = counted.input_tokens
    and together.output_tokens = counted.output_tokens
    -- No single request can carry more; see as_token_count.
    and counted.read_tokens between 0 and 2000000 * together.requests
