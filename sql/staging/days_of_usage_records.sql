-- 1 row per usage day that the usage records of one load touch: that of their request. Days are
-- joined by equality, so that only the days around a load are read.
with near as (
    select distinct
        record.correlation_id,
        record.day_key + shifts.shift as day_key,
    from warehouse.staging.usage_records as record
    cross join (select unnest([-1, 0, 1]) as shift) as shifts
    where record.load_id = getvariable('load_id')
)

select call.day_key
from warehouse.staging.gateway_requests as call
inner join near on call.correlation_id = near.correlation_id and call.day_key = near.day_key
union
select usage.day_key
from warehouse.staging.llm_rows as usage
inner join near on usage.correlation_id = near.correlation_id and usage.day_key = near.day_key
