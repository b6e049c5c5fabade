-- 1 row per deployment and stretch of a day: tokens by class as the metric points themselves have them.
select
    deployment.deployment_id,
    if(
        point.point_time::time < time '00:30:00',
        date_trunc('day', point.point_time),
        date_trunc('day', point.point_time) + interval 30 minute
    ) as stretch_at,
    sum(if(lower(point.metric) = 'inputtokens', point.value, 0)) as input,
    sum(if(lower(point.metric) = 'outputtokens', point.value, 0)) as output,
    sum(if(lower(point.metric) = 'cachereadinputtokens', point.value, 0)) as cache_read,
    sum(if(lower(point.metric) = 'ephemeral5minputtokens', point.value, 0)) as write_5m,
    sum(if(lower(point.metric) = 'ephemeral1hinputtokens', point.value, 0)) as write_1h,
from warehouse.staging.metric_points as point
inner join warehouse.dimension.deployments as deployment
    on
        point.deployment = deployment.deployment
        and lower(regexp_extract(point.resource_id, '([^/]+)/*$', 1)) = deployment.account
where
    point.day_key between getvariable('first_day') and getvariable('last_day')
    and point.aggregation = 'Total'
    and point.value >= 0
    and exists (from ledger.cells)
group by all
