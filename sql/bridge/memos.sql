-- 1 row per day, resource group and line of what Claude was billed beside the CCU invoice before tax.
select
    usage_day,
    resource_group,
    case
        when kind = 'ccu' then 'tax'
        when kind = 'legacy' then 'legacy_billed'
        else kind
    end as line,
    amount_usd,
from billed
where kind <> 'ccu' or charge_type = 'tax'
