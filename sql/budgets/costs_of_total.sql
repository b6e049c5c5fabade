-- 1 row per series of everybody and usage day with usage: what it cost, and how many requests have no
-- price. Usage without a caller or a unit is in it.
select
    subject.series_id,
    used.usage_day,
    sum(used.cost_usd) as cost_usd,
    sum(used.unpriced_requests)::bigint as unpriced_requests,
from budgets.used as used
cross join budgets.subjects as subject
where subject.subject_kind = 'total'
group by subject.series_id, used.usage_day
