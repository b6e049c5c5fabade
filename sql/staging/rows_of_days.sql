-- 1 row per usage day asked for that has gateway rows: how many. The storage skips all before the
-- first and after the last of them.
select
    day_key,
    count(*) as gateway_rows,
from warehouse.staging.gateway_requests
where
    day_key between getvariable('first_day') and getvariable('last_day')
    and list_contains(getvariable('days')::date[], day_key)
group by day_key
