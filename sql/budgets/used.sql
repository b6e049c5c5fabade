-- 1 row per row of daily: who used it, where, of what, and the contracted cost as far as it is known.
-- What has no caller or unit is a row as well.
select
    caller_id,
    unit_id,
    llm_model_id,
    usage_day,
    coalesce(contracted_cost_usd, 0) as cost_usd,
    case when contracted_cost_usd is null then requests else 0 end as unpriced_requests,
from memory.main.daily
