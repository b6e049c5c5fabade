-- 1 row per meter, resource group, charge type and currency of what was billed beside Claude: the shared
-- cost that the rules call it, NULL where none fits.
select
    meter,
    resource_group,
    charge_type,
    shared_cost,
    min(usage_day) as first_day,
    max(usage_day) as last_day,
    case when count(amount_usd) = count(*) then sum(amount_usd) end as amount_usd,
    billing_currency,
    sum(billing_amount) as billing_amount,
from shared_charges
group by meter, resource_group, charge_type, shared_cost, billing_currency
order by shared_cost nulls last, amount_usd desc nulls first, meter, resource_group, charge_type
