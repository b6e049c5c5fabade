-- 1 row per account and deployment not seen before, with the next ids in their order.
select
    (
        coalesce((select max(deployment_id) from warehouse.dimension.deployments), 0)
        + row_number() over (order by deployment, account nulls last)
    )::smallint as deployment_id,
    account,
    deployment,
from (
    select
        account,
        deployment
    from ledger.attributed
    where deployment is not null
    union
    select
        account,
        deployment
    from ledger.platform_minutes
) as seen
where
    not exists (
        select 1
        from warehouse.dimension.deployments as known
        where known.deployment = seen.deployment and known.account is not distinct from seen.account
    )
