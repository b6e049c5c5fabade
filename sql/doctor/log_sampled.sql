-- 1 row per gateway whose log is short of the gateway's own count on some days: requests that the log
-- lacks. Hours without any row are another finding.
with days as (
    select
        resource,
        hour::date as usage_day,
        sum(platform_requests) as platform_requests,
        sum(platform_requests) - sum(logged_requests) as missing_requests,
    from traffic
    where
        kind = 'gateway'
        and hour < getvariable('settled_until')
        and logged_requests > 0
        and platform_requests is not null
    group by resource, usage_day
)

select
    resource,
    sum(missing_requests)::bigint as count,
    min(usage_day)::timestamp as since,
    max(usage_day)::timestamp as last,
    sum(platform_requests)::bigint as platform_requests,
from days
where
    platform_requests >= 100
    and missing_requests >= 10
    and missing_requests >= 0.02 * platform_requests
group by resource
order by resource
