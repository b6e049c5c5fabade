-- 1 row per request near the window that the policy traced into Application Insights, where it does
-- not trace into the log itself.
with near as (
    select *
    from warehouse.staging.caller_traces
    where day_key between getvariable('first_day') - 2 and getvariable('last_day') + 2
    union all
    select *
    from warehouse.staging.caller_traces
    where
        day_key not between getvariable('first_day') - 2 and getvariable('last_day') + 2
        and correlation_id in (
            select correlation_id
            from warehouse.staging.gateway_requests
            where request_time is null
        )
)

select
    as_key(correlation_id, null) as call_key,
    oid,
    deployment,
    speed,
    user_authorization_forwarded,
    credential_kind,
    malformed_oid,
from near
qualify
    row_number() over (
        partition by correlation_id
        order by trace_time nulls last, ingested_at, item_id
    ) = 1
