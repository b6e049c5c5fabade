-- 1 row per series and whole day known with usage: the day counted from history_from, and millionths of
-- a USD, which are exact enough for a forecast.
select
    series_id,
    usage_day - getvariable('history_from') as day,
    (cost_usd * 1000000)::bigint as cost_micro_usd,
from budgets.costs
where getvariable('history_from') <= usage_day and usage_day < getvariable('history_to')
