-- 1 row per deployment and span of minutes of one usage day in which log and platform were held against
-- each other: both counts, and what is beyond the log.
select
    cell.* exclude (account, deployment, stretch_at),
    deployment.deployment_id,
from ledger.cells as cell
left join warehouse.dimension.deployments as deployment
    on cell.deployment = deployment.deployment and cell.account is not distinct from deployment.account
where cell.usage_day = getvariable('usage_day')
