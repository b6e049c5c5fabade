-- 1 row per day, resource group, kind, model (of per-model meters), charge type, invoice and currency of
-- the source that counts: what Claude was billed. Day is the one that booked it. What has no amount in USD
-- is a row of its own beside what has one.
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
    sum(charge.amount_usd) as amount_usd,
    sum(charge.billing_amount) as billing_amount,
    charge.source,
    max(chosen.made_at) as snapshot_at,
from billing.charges as charge
inner join billing.chosen as chosen using (usage_day, source, snapshot, subscription)
group by
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
    charge.source,
    charge.amount_usd is null
order by all
