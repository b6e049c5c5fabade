-- 1 row: hours in which requests of a Foundry account reached a model, and those with its metrics.
select
    count(*) as hours,
    count(platform_requests) as measured_hours,
from traffic
where
    kind = 'foundry'
    and resource <> ''
    and hour < getvariable('settled_until')
    and reached_requests > 0
