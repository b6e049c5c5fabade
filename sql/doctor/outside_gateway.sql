-- 1 row: what Foundry counted against what the gateway forwarded, in the hours that have Foundry's
-- count, without days on which the log is known to be incomplete.
with gateway_days as (
    select
        hour::date as usage_day,
        resource,
        sum(platform_requests) as platform_requests,
        sum(platform_requests) - sum(coalesce(logged_requests, 0)) as missing_requests,
    from traffic
    where kind = 'gateway' and platform_requests is not null
    group by usage_day, resource
),

incomplete_days as (
    select usage_day
    from gateway_days
    where missing_requests >= 10 and missing_requests >= 0.02 * platform_requests
),

compared as (
    select
        *,
        coalesce(platform_requests, 0) - coalesce(logged_requests, 0) as excess_requests,
    from traffic
    where
        kind = 'foundry'
        and hour < getvariable('settled_until')
        and (platform_requests is not null or resource = '')
        and hour::date not in (select usage_day from incomplete_days)
)

select
    sum(excess_requests)::bigint as count,
    sum(platform_requests)::bigint as platform_requests,
    min(hour) filter (where excess_requests > 0) as since,
    max(hour) filter (where excess_requests > 0) as last,
from compared
having sum(excess_requests) >= 10 and sum(excess_requests) >= 0.005 * sum(platform_requests)
