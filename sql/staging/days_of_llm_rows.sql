-- 1 row per usage day that the LLM rows of one load touch: their own, and that of their request.
with landed as (
    select
        correlation_id,
        day_key,
    from warehouse.staging.llm_rows
    where load_id = getvariable('load_id')
)

select day_key
from landed
union
select call.day_key
from warehouse.staging.gateway_requests as call
inner join landed
    on
        call.correlation_id = landed.correlation_id
        and (call.request_time is null or abs(call.day_key - landed.day_key) <= 1)
