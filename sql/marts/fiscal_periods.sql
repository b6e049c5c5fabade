-- 1 row per fiscal period and span of time, as ever known: reports choose what was known when.
select *
from warehouse.seeds.fiscal_periods
order by all
