-- 1 row per usage day that the usage records of one load may be of: an answer recorded just after
-- midnight may belong to a request of the day before.
with days as (
    select day_key
    from warehouse.staging.usage_records
    where load_id = getvariable('load_id')
    union
    select day_key - 1 as day_key
    from warehouse.staging.usage_records
    where load_id = getvariable('load_id') and date_part('hour', record_time) = 0
)

select days.day_key
from days
where days.day_key >= (select min(day_key) from warehouse.staging.gateway_requests)
