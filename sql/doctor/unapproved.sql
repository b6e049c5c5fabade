-- 1 row per deployment that requests reached while it was not approved, if any deployment is.
with used as (
    select
        deployment.deployment,
        deployment.account,
        booked.usage_time,
        booked.contracted_cost_usd,
    from ledger as booked
    inner join deployments as deployment using (deployment_id)
    where exists (select 1 from approved_deployments)
)

select
    deployment,
    account,
    count(*)::bigint as count,
    sum(contracted_cost_usd) as cost_usd,
    count_if(contracted_cost_usd is null)::bigint as unpriced,
    min(usage_time) as since,
    max(usage_time) as last,
from used
where
    not exists (
        select 1
        from approved_deployments as approved
        where
            lower(approved.deployment) = lower(used.deployment)
            -- Without a known account any of that name may be meant.
            and (used.account is null or approved.account = used.account)
            and approved.valid_from <= used.usage_time
            and used.usage_time < approved.valid_to
    )
group by deployment, account
order by deployment, account
