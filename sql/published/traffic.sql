-- 1 row per hour and Azure resource, whichever days' files know of it; only for who sees everything.
select
    hour,
    kind,
    resource,
    sum(logged_requests)::bigint as logged_requests,
    sum(reached_requests)::bigint as reached_requests,
    sum(platform_requests)::bigint as platform_requests,
from read_parquet(getvariable('traffic_files'))
where getvariable('sees_everything')
group by hour, kind, resource
