-- 1 row per kind of charge beside Claude's that is not split: without a rule, a policy or a rate.
with stated as (
    select
        charge.*,
        case
            when charge.shared_cost is null then 'no rule'
            when charge.amount_usd is null then 'unknown amount'
            when policy.shared_cost is null then 'no policy'
        end as state,
    from shared_charges as charge
    left join allocation_policies as policy
        on
            charge.shared_cost = policy.shared_cost
            and policy.valid_from <= charge.usage_day
            and charge.usage_day < policy.valid_to
    where charge.charge_type not in ('tax', 'rounding') and charge.billing_amount <> 0
)

select
    state,
    coalesce(shared_cost, meter) as subject,
    billing_currency,
    sum(amount_usd) as amount_usd,
    sum(billing_amount) as billing_amount,
    min(usage_day) as since,
    max(usage_day) as last,
from stated
where state is not null
group by state, subject, billing_currency
order by state, billing_amount desc, subject
