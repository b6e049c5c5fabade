-- 1 row per gateway request near the window. Where rows of one request contradict each other, one that
-- reached a model counts: the others may be attempts before it.
with calls as (
    select
        *,
        1 as call_number,
    from ledger.near_calls
    where call_key not in (select call_key from ledger.repeated_calls)
    union all
    select
        *,
        row_number() over (
            partition by call_key
            order by request_time nulls last, ingested_at, item_id
        ) as call_number,
    from (
        select *
        from ledger.near_calls
        where call_key in (select call_key from ledger.repeated_calls)
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
)

select
    calls.* exclude (correlation_id) replace (
        coalesce(calls.trace_oid, traced.oid) as trace_oid,
        coalesce(calls.trace_deployment, traced.deployment) as trace_deployment,
        coalesce(calls.trace_speed, traced.speed) as trace_speed,
        coalesce(calls.trace_user_authorization_forwarded, traced.user_authorization_forwarded)
            as trace_user_authorization_forwarded,
        coalesce(calls.trace_credential_kind, traced.credential_kind) as trace_credential_kind,
        calls.malformed_oid or coalesce(traced.malformed_oid, false) as malformed_oid
    ),
    calls.correlation_id is not null as has_correlation_id,
    other_spelling(calls.correlation_id) as other_correlation_id,
from calls
left join ledger.traced_calls as traced on calls.call_key = traced.call_key
