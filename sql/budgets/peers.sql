-- 1 row per unit and whole day known with usage: what everybody in it used, in millionths of a USD; the
-- unit is '' for usage without one.
select
    coalesce(unit.unit, '') as unit,
    used.usage_day - getvariable('history_from') as day,
    (sum(used.cost_usd) * 1000000)::bigint as cost_micro_usd,
from budgets.used as used
left join units as unit on used.unit_id = unit.unit_id
where getvariable('history_from') <= used.usage_day and used.usage_day < getvariable('history_to')
group by coalesce(unit.unit, ''), used.usage_day
