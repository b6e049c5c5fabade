-- 1 row per day, meter, resource group, charge type, invoice and currency of what was billed beside
-- Claude, of the source that counts: which shared cost it is, NULL where no rule fits.
select
    charge.usage_day,
    charge.shared_cost,
    case
        when charge.meter_category = charge.meter_name then charge.meter_name
        else concat_ws(' / ', nullif(charge.meter_category, ''), nullif(charge.meter_name, ''))
    end as meter,
    coalesce(lower(trim(charge.resource_group)), '') as resource_group,
    charge.charge_type,
    charge.corrects,
    charge.invoice_id,
    charge.billing_currency,
    -- One amount that is unknown leaves the sum unknown.
    case when count(charge.amount_usd) = count(*) then sum(charge.amount_usd) end as amount_usd,
    sum(charge.billing_amount) as billing_amount,
    charge.source,
from billing.shared as charge
inner join billing.chosen as chosen using (usage_day, source, snapshot, subscription)
group by all
order by all
