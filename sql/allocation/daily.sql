-- 1 row per row of daily that bears a part of some shared cost, keyed as daily is; a unit that bears one
-- without any use has a row of the last day that was charged. residual_usd is what the bridge leaves: what
-- is spread stands against it, so that it adds up to nothing.
with borne as (
    select
        spread.* exclude (allocation_id),
        allocation.shared_cost = 'residual' as is_residual,
    from allocation.spread as spread
    inner join allocation.allocations as allocation using (allocation_id)
    union all by name
    select
        allocation.last_charged_day as usage_day,
        share.unit_id,
        share.caller_id,
        share.label,
        'complete' as cost_status,
        share.amount_usd,
        allocation.shared_cost = 'residual' as is_residual,
    from allocation.shares as share
    inner join allocation.allocations as allocation using (allocation_id)
    where
        not exists (
            select 1
            from allocation.lines as line
            where
                line.allocation_id = share.allocation_id
                and line.unit_id is not distinct from share.unit_id
                and line.caller_id is not distinct from share.caller_id
                and line.label = share.label
        )
    union all by name
    select
        charged.usage_day,
        'residual' as label,
        'complete' as cost_status,
        -charged.amount_usd as amount_usd,
        true as is_residual,
    from allocation.charged as charged
    inner join allocation.allocations as allocation
        on
            charged.shared_cost = 'residual'
            and allocation.shared_cost = 'residual'
            and allocation.first_day <= charged.usage_day
            and charged.usage_day < allocation.end_day
)

select
    usage_day,
    caller_id,
    unit_id,
    llm_model_id,
    deployment_id,
    client_id,
    label,
    cost_status,
    (sum(amount_usd) filter (where not is_residual))::decimal(38, 15) as shared_cost_usd,
    (sum(amount_usd) filter (where is_residual))::decimal(38, 15) as residual_usd,
from borne
group by usage_day, caller_id, unit_id, llm_model_id, deployment_id, client_id, label, cost_status
order by usage_day, caller_id, unit_id, llm_model_id, deployment_id, client_id, label, cost_status
