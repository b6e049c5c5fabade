-- 1 row per hour of the window and Azure resource, gateway or Foundry account: the requests that the
-- resource counted itself. An account may serve other companies' models; those are not asked about.
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
    and (
        lower(metric) = 'requests'
        or starts_with(lower(coalesce(model_name, 'claude')), 'claude')
        or deployment in (select deployment from ledger.deployments)
    )
group by all
