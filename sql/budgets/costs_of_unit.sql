-- 1 row per series of a unit and usage day with usage, of the unit and all that was below it that day:
-- what it cost, and how many requests have no price.
select
    cover.series_id,
    used.usage_day,
    sum(used.cost_usd) as cost_usd,
    sum(used.unpriced_requests)::bigint as unpriced_requests,
from budgets.used as used
inner join budgets.covers as cover
    on
        used.unit_id = cover.unit_id
        and cover.first_day <= used.usage_day
        and used.usage_day < cover.end_day
group by cover.series_id, used.usage_day
