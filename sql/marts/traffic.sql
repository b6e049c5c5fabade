-- 1 row per hour and Azure resource, gateway or Foundry account: requests in the log, and requests in
-- the resource's own platform metric; NULL where one has none. An hour is that of the answer's end,
-- as the metrics count it, so the last requests of a day may be in an hour of the next.
with ended as (
    select
        date_trunc('hour', usage_time + to_milliseconds(coalesce(total_time_ms, 0))) as hour,
        resource_id,
        account,
        count_if(has_gateway_row) as gateway_requests,
        -- An attempt that the gateway repeated by itself was another request to Foundry.
        sum(greatest(responses, 1)) filter (
            where (is_messages_call and backend_response_code is not null)
            or (reached_model and not has_gateway_row)
        ) as model_requests,
        count_if(reached_model) as reached,
    from ledger.attributed
    where usage_day = getvariable('usage_day')
    group by all
),

logged as (
    select
        hour,
        'gateway' as kind,
        lower(regexp_extract(resource_id, '([^/]+)/*$', 1)) as resource,
        sum(gateway_requests)::integer as logged_requests,
        cast(null as integer) as reached_requests,
    from ended
    where resource_id is not null
    group by all
    union all
    select
        hour,
        'foundry' as kind,
        coalesce(account, '') as resource,
        sum(model_requests)::integer as logged_requests,
        sum(reached)::integer as reached_requests,
    from ended
    group by all
    having logged_requests > 0
),

counted as (
    select *
    from ledger.platform_counts
    where hour::date = getvariable('usage_day')
)

select
    getvariable('usage_day')::date as usage_day,
    hour,
    kind,
    resource,
    logged_requests,
    reached_requests,
    platform_requests,
from logged
full outer join counted using (hour, kind, resource)
