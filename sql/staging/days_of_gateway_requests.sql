-- 1 row per usage day that the gateway rows of one load touch: their own, and the day on which
-- usage without a gateway row was booked until they came.
with landed as (
    select
        correlation_id,
        request_time,
        day_key,
    from warehouse.staging.gateway_requests
    where load_id = getvariable('load_id')
)

select day_key
from landed
union
select usage.day_key
from warehouse.staging.llm_rows as usage
inner join landed
    on
        usage.correlation_id = landed.correlation_id
        and (landed.request_time is null or abs(usage.day_key - landed.day_key) <= 1)
