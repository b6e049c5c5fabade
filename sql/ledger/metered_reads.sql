-- 1 row per request of the window whose caller has no other in its minute, and of which the gateway's
-- token metrics of that caller and minute are: the cache reads they show. They are of it if they show
-- the same uncached input and output. Metrics of zero are not sent, so a caller who has any such
-- metric and none in a minute read nothing.
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

alone as (
    select
        caller_oid,
        date_trunc('minute', usage_time + to_milliseconds(coalesce(total_time_ms, 0))) as minute,
        any_value(request_key) as request_key,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
    from ledger.attributed
    where reached_model and caller_oid in (select caller_oid from counted)
    group by caller_oid, minute
    having count(*) = 1
)

select
    alone.request_key,
    as_token_count(counted.read_tokens)::bigint as cache_read_tokens,
from alone
inner join counted using (caller_oid, minute)
where
    alone.input_tokens = counted.input_tokens
    and alone.output_tokens = counted.output_tokens
