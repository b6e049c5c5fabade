-- 1 row per shared cost, policy and part of it that is split, and 1 per shared cost, or meter that no rule
-- knows, of what is not: without a policy, in a currency without a rate, tax. Rows with an amount add up
-- to what was billed beside Claude, and to what is spread of the residual.
with charges as (
    select
        charge.*,
        case
            when charge.charge_type in ('tax', 'rounding') then charge.charge_type
            when charge.shared_cost is null then 'no rule'
            when charge.amount_usd is null then 'unknown amount'
            when policy.shared_cost is null then 'no policy'
            else 'split'
        end as state,
    from shared_charges as charge
    left join allocation_policies as policy
        on
            charge.shared_cost = policy.shared_cost
            and policy.valid_from <= charge.usage_day
            and charge.usage_day < policy.valid_to
),

borne as (
    select
        month,
        allocation_id,
        count(*) as bearers,
        sum(ratio) as ratio,
    from allocated_shares
    group by month, allocation_id
)

select
    allocation.shared_cost,
    'split' as state,
    allocation.part,
    allocation.method,
    allocation.first_day,
    allocation.end_day - 1 as last_day,
    borne.bearers,
    borne.ratio,
    allocation.amount_usd,
    cast(null as varchar) as billing_currency,
    cast(null as decimal(38, 15)) as billing_amount,
    allocation.source,
from allocations as allocation
inner join borne using (month, allocation_id)
union all by name
select
    coalesce(shared_cost, meter) as shared_cost,
    state,
    min(usage_day) as first_day,
    max(usage_day) as last_day,
    case when count(amount_usd) = count(*) then sum(amount_usd) end as amount_usd,
    billing_currency,
    sum(billing_amount) as billing_amount,
from charges
where state <> 'split'
group by coalesce(shared_cost, meter), state, billing_currency
order by state = 'split' desc, shared_cost, first_day, part desc nulls last, state
