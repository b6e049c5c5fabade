-- 1 row per series of a model and usage day with usage: what it cost, and how many requests have no price.
select
    subject.series_id,
    used.usage_day,
    sum(used.cost_usd) as cost_usd,
    sum(used.unpriced_requests)::bigint as unpriced_requests,
from budgets.used as used
inner join budgets.subjects as subject on used.llm_model_id = subject.llm_model_id
group by subject.series_id, used.usage_day
