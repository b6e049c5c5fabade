-- 1 row per usage day between two that has gateway rows: how many.
select
    day_key,
    count(*) as gateway_rows,
from warehouse.staging.gateway_requests
where day_key between getvariable('first_day') and getvariable('last_day')
group by day_key
order by day_key
