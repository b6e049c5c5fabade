-- 1 row per hour of the window and Azure resource, gateway or Foundry account: the requests that the
-- resource counted itself.
select
    date_trunc('hour', point_time) as hour,
    case lower(metric) when 'requests' then 'gateway' else 'foundry' end as kind,
    lower(regexp_extract(resource_id, '([^/]+)/*$', 1)) as resource,
    sum(value)::integer as platform_requests,
from warehouse.staging.metric_points
where
    day_key between getvariable('first_day') and getvariable('last_day')
    and lower(metric) in ('requests', 'modelrequests')
    and aggregation = 'Total'
group by all
