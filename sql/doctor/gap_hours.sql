-- 1 row per gateway with hours that have no row in the log although there was traffic: its own metric
-- counts some, or without a metric of that day, this hour of the week is usually busy.
with spans as (
    select
        resource,
        coalesce(min(hour) filter (where logged_requests > 0), min(hour)) as first_hour,
        max(hour) as last_hour,
    from traffic
    where kind = 'gateway' and hour < getvariable('settled_until')
    group by resource
),

hours as (
    select
        resource,
        unnest(generate_series(first_hour, last_hour, interval 1 hour)) as hour,
    from spans
),

known as (
    select
        hours.resource,
        hours.hour,
        coalesce(traffic.logged_requests, 0) as logged_requests,
        traffic.platform_requests,
        max(traffic.platform_requests) over (partition by hours.resource, hours.hour::date)
            is not null as has_metric,
    from hours
    left join traffic
        on
            hours.resource = traffic.resource
            and hours.hour = traffic.hour
            and traffic.kind = 'gateway'
),

usual as (
    select
        *,
        count_if(logged_requests >= 20) over same_hour as busy_weeks,
        count(*) over same_hour as weeks,
    from known
    window same_hour as (partition by resource, isodow(hour), date_part('hour', hour))
)

select
    resource,
    count(*) as count,
    min(hour) as since,
    max(hour) as last,
    sum(platform_requests)::bigint as platform_requests,
from usual
where
    logged_requests = 0
    and (
        platform_requests >= 10
        or (not has_metric and weeks >= 4 and busy_weeks = weeks - 1)
    )
group by resource
order by resource
