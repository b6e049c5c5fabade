-- 1 row per combination of what the traces say about the credentials of requests that reached the
-- backend: how many requests, and since when. Run on warehouse.duckdb, read-only.
with traces as (
    select
        correlation_id,
        any_value(user_authorization_forwarded) as user_authorization_forwarded,
        any_value(credential_kind) as credential_kind,
    from staging.caller_traces
    group by correlation_id
)

select
    coalesce(
        call.trace_user_authorization_forwarded, traces.user_authorization_forwarded, 'no trace'
    ) as user_authorization_forwarded,
    coalesce(call.trace_credential_kind, traces.credential_kind, 'no trace') as credential_kind,
    count(*) as requests,
    min(call.request_time) as first_at,
    max(call.request_time) as last_at,
from staging.gateway_requests as call
left join traces on call.correlation_id = traces.correlation_id
where call.backend_response_code is not null
group by all
order by requests desc
