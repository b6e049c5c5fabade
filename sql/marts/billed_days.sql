-- 1 row per usage day that a cost source speaks of: which source counts, and how complete it is.
select *
from billing.days
order by usage_day
