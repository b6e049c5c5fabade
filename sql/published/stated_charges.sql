-- 1 row per row of shared_charges with what becomes of it: split, or why it is not. Tax and the rounding of
-- an invoice are charges that nobody shares.
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
