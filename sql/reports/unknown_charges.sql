-- 1 row per currency in which something of Claude was billed that nobody knows in USD: since when, and how
-- much of that currency. Tax is beside the bridge.
select
    billing_currency as currency,
    count(*)::integer as charges,
    -- One amount that is unknown leaves the sum unknown.
    case when count(billing_amount) = count(*) then sum(billing_amount) end as amount,
    min(usage_day) as first_day,
    max(usage_day) as last_day,
from billed
where amount_usd is null and charge_type <> 'tax'
group by billing_currency
order by billing_currency
