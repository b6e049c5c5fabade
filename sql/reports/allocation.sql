-- 1 row per shared cost, policy and part of it that is split, and 1 per shared cost, or meter that no rule
-- knows, of what is not: without a policy, in a currency without a rate, tax. Rows with an amount add up
-- to what was billed beside Claude, and to what is spread of the residual.
with borne as (
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
from stated_charges
where state <> 'split'
group by coalesce(shared_cost, meter), state, billing_currency
order by state = 'split' desc, shared_cost, first_day, part desc nulls last, state
