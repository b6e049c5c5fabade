-- 1 row per gateway request near the window. The day on either side is read too, because a request
-- that starts before midnight may be logged by the model side after it. Where rows of one request
-- contradict each other, one that reached a model counts: the others may be attempts before it.
with near as (
    select
        *,
        as_key(correlation_id, item_id) as call_key,
    from warehouse.staging.gateway_requests
    where day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
    union all
    -- A request without a time may belong to any day: that of its usage.
    select
        *,
        as_key(correlation_id, item_id) as call_key,
    from warehouse.staging.gateway_requests
    where
        request_time is null
        and day_key not between getvariable('first_day') - 1 and getvariable('last_day') + 1
),

repeated as (
    -- Nearly every key comes once; what follows about order and duplicates is for the others.
    select call_key
    from near
    group by call_key
    having count(*) > 1
),

calls as (
    select
        *,
        1 as call_number,
    from near
    where call_key not in (select call_key from repeated)
    union all
    select
        *,
        row_number() over (
            partition by call_key
            order by request_time nulls last, ingested_at, item_id
        ) as call_number,
    from (
        select *
        from near
        where call_key in (select call_key from repeated)
        qualify
            row_number() over (
                partition by call_key, request_time
                order by
                    coalesce(
                        method = 'POST'
                        and ends_with(url_path, '/v1/messages')
                        and backend_response_code = 200,
                        false
                    ) desc,
                    ingested_at,
                    item_id
            ) = 1
    )
),

traces as (
    -- What the policy wrote into Application Insights, where it does not trace into the log itself.
    select *
    from warehouse.staging.caller_traces
    where
        day_key between getvariable('first_day') - 2 and getvariable('last_day') + 2
        or correlation_id in (
            select correlation_id
            from near
            where request_time is null
        )
    qualify
        row_number() over (
            partition by correlation_id
            order by trace_time nulls last, ingested_at, item_id
        ) = 1
)

select
    calls.* exclude (correlation_id) replace (
        coalesce(calls.trace_oid, traces.oid) as trace_oid,
        coalesce(calls.trace_deployment, traces.deployment) as trace_deployment,
        coalesce(calls.trace_speed, traces.speed) as trace_speed,
        coalesce(calls.trace_user_authorization_forwarded, traces.user_authorization_forwarded)
            as trace_user_authorization_forwarded,
        coalesce(calls.trace_credential_kind, traces.credential_kind) as trace_credential_kind,
        calls.malformed_oid or coalesce(traces.malformed_oid, false) as malformed_oid
    ),
    calls.correlation_id is not null as has_correlation_id,
    other_spelling(calls.correlation_id) as other_correlation_id,
from calls
left join traces on calls.call_key = as_key(traces.correlation_id, null)
