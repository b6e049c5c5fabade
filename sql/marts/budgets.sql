-- 1 row per budget and span of time, as ever known: reports choose what was known when.
select *
from warehouse.seeds.budgets
order by all
