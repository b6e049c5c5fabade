-- 1 row per kind of charge beside Claude's that is not split: without a rule, a policy or a rate.
select
    state,
    coalesce(shared_cost, meter) as subject,
    billing_currency,
    sum(amount_usd) as amount_usd,
    sum(billing_amount) as billing_amount,
    min(usage_day) as since,
    max(usage_day) as last,
from stated_charges
where state in ('no rule', 'no policy', 'unknown amount') and billing_amount <> 0
group by state, subject, billing_currency
order by state, billing_amount desc, subject
