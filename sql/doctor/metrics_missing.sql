-- 1 row per Foundry account with hours in which requests reached a model and none was counted.
select
    resource,
    count(*) as count,
    min(hour) as since,
    max(hour) as last,
from traffic
where
    kind = 'foundry'
    and resource <> ''
    and hour < getvariable('settled_until')
    and reached_requests >= 5
    and platform_requests is null
group by resource
order by resource
