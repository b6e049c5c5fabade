-- 1 row per usage day that the caller traces of one load touch: that of their request.
with landed as (
    select
        correlation_id,
        day_key,
    from warehouse.staging.caller_traces
    where load_id = getvariable('load_id')
)

select call.day_key
from warehouse.staging.gateway_requests as call
inner join landed
    on
        call.correlation_id = landed.correlation_id
        and (call.request_time is null or abs(call.day_key - landed.day_key) <= 1)
