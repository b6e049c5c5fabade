-- 1 row per day, resource group, kind, model (of per-model meters), charge type, invoice and currency of
-- the source that counts: what Claude was billed. Day is the one that booked it.
select
    charge.usage_day,
    charge.resource_group,
    charge.kind,
    charge.llm_model,
    charge.charge_type,
    charge.is_correction,
    charge.corrects,
    charge.invoice_id,
    charge.billing_currency,
    charge.exchange_rate,
    sum(charge.ccu) as ccu,
    -- One amount that is unknown leaves the sum unknown.
    case when count(charge.amount_usd) = count(*) then sum(charge.amount_usd) end as amount_usd,
    sum(charge.billing_amount) as billing_amount,
    charge.source,
    max(chosen.made_at) as snapshot_at,
from billing.charges as charge
inner join billing.chosen as chosen using (usage_day, source, snapshot, subscription)
group by all
order by all
