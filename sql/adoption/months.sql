-- 1 row per caller and month up to the month asked for with at least one request: the first and the last
-- day of use in it.
select
    caller_id,
    date_trunc('month', usage_day)::date as month,
    min(usage_day) as first_use,
    max(usage_day) as last_use,
from client_versions
where caller_id is not null
group by all
