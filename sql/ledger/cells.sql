-- 1 row per deployment and span of minutes of the days asked for that log or platform speak of.
select
    make_timestamp(found.usage_day_us)::date as usage_day,
    deployment.account,
    deployment.deployment,
    make_timestamp(found.first_minute_us) as first_minute,
    make_timestamp(found.stretch_us) as stretch_at,
    found.* exclude (usage_day_us, deployment, first_minute_us, stretch_us),
from calibrated_cells as found
inner join warehouse.dimension.deployments as deployment on found.deployment = deployment.deployment_id
