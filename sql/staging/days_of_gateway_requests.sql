-- 1 row per usage day that the gateway rows of one load touch: their own, and the day on which
-- usage without a gateway row was booked until they came. Days are joined by equality, so that only
-- the days around a load are read.
with landed as (
    select
        correlation_id,
        request_time,
        day_key,
    from warehouse.staging.gateway_requests
    where load_id = getvariable('load_id')
),

near as (
    select distinct
        landed.correlation_id,
        landed.day_key + shifts.shift as day_key,
    from landed
    cross join (select unnest([-1, 0, 1]) as shift) as shifts
),

timeless as (
    select correlation_id
    from landed
    where request_time is null
)

select day_key
from landed
union
-- A further call of one id may change which of them is the first.
select call.day_key
from warehouse.staging.gateway_requests as call
inner join near on call.correlation_id = near.correlation_id and call.day_key = near.day_key
union
select usage.day_key
from warehouse.staging.llm_rows as usage
inner join near on usage.correlation_id = near.correlation_id and usage.day_key = near.day_key
union
select usage.day_key
from warehouse.staging.llm_rows as usage
inner join timeless on usage.correlation_id = timeless.correlation_id
