-- 1 row per caller with a request up to the month's end: the first and the last day of use.
select
    caller_id,
    min(first_use) as first_use,
    max(last_use) as last_use,
from adoption.months
group by caller_id
