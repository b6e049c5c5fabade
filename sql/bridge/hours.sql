-- 1 row per day and resource group: how many hours of how many Foundry accounts may have a bill. CCU are
-- reported by the hour, and each report may be rounded to whole CCU. An hour here is that of an
-- answer's end; its request may have been in the hour before, and billed there.
with placed as (
    select
        traffic.*,
        coalesce(
            account.resource_group,
            (
                select any_value(resource_group)
                from accounts
                having count(distinct resource_group) = 1
            ),
            ''
        ) as resource_group,
    from traffic
    left join accounts as account on traffic.resource = account.account
    where kind = 'foundry' and coalesce(logged_requests, 0) + coalesce(platform_requests, 0) > 0
),

billable as (
    select hour, resource, resource_group
    from placed
    union
    select hour - interval 1 hour as hour, resource, resource_group
    from placed
),

counted as (
    select
        hour::date as usage_day,
        resource_group,
        greatest(
            sum(platform_requests - coalesce(logged_requests, 0))
                filter (platform_requests is not null),
            0
        )::bigint as requests_beyond_log,
    from placed
    group by usage_day, resource_group
)

select
    billable.hour::date as usage_day,
    billable.resource_group,
    count(*)::integer as hours,
    coalesce(any_value(counted.requests_beyond_log), 0) as requests_beyond_log,
from billable
left join counted
    on
        billable.hour::date = counted.usage_day
        and billable.resource_group = counted.resource_group
group by billable.hour::date, billable.resource_group
