-- 1 row per unit with a calendar and span of time, as ever known: reports choose what was known when.
select *
from warehouse.seeds.calendars
order by all
