-- 1 row per usage day that the LLM rows of one load touch: their own, and that of their request.
-- Days are joined by equality, so that only the days around a load are read.
with landed as (
    select
        correlation_id,
        day_key,
    from warehouse.staging.llm_rows
    where load_id = getvariable('load_id')
),

near as (
    select distinct
        landed.correlation_id,
        landed.day_key + shifts.shift as day_key,
    from landed
    cross join (select unnest([-1, 0, 1]) as shift) as shifts
)

select day_key
from landed
union
-- Where usage without its gateway row was booked until now.
select usage.day_key
from warehouse.staging.llm_rows as usage
inner join near on usage.correlation_id = near.correlation_id and usage.day_key = near.day_key
union
select call.day_key
from warehouse.staging.gateway_requests as call
inner join near on call.correlation_id = near.correlation_id and call.day_key = near.day_key
union
select call.day_key
from warehouse.staging.gateway_requests as call
inner join landed on call.correlation_id = landed.correlation_id
where call.request_time is null
