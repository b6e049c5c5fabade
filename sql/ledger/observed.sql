-- 1 row per request of the window and check of doctor that it fails, under the check's name;
-- docs/gateway/checks.md says how each is decided.
with facts as (
    select
        call.*,
        is_messages_call and backend_response_code is not null as is_forwarded,
        coalesce(trace_user_authorization_forwarded, trace_credential_kind) is not null as has_trace,
        has_policys_backend_oid or has_response_oid or has_trace_oid as has_policy_oid,
        crowded.hour is not null as is_crowded,
    from ledger.attributed as call
    left join ledger.crowded_hours as crowded
        on
            call.caller_oid = crowded.caller_oid
            and date_trunc('hour', call.usage_time) = crowded.hour
),

failed as (
    select
        usage_day,
        usage_time,
        case
            when has_correlation_id then coalesce(other_correlation_id, request_key::varchar)
        end as correlation_id,
        trace_user_authorization_forwarded = 'true' as user_credential_forwarded,
        has_trace
        and not coalesce(
            trace_user_authorization_forwarded in ('true', 'false')
            and trace_credential_kind in ('managed_identity', 'key'),
            false
        ) as credential_untold,
        is_forwarded and not has_trace as untraced,
        trace_credential_kind = 'key' as mixed_credentials,
        caller_conflict,
        reached_model and has_gateway_row and caller_evidence = 'none' as no_caller,
        malformed_oid,
        reached_model and caller_evidence = 'trace' as trace_only,
        is_forwarded and not has_backend_oid and has_response_oid and not malformed_oid
            as backend_header_missing,
        is_forwarded and response_code not in (0, 499) and not has_response_oid
        and has_policys_backend_oid and not malformed_oid
            as response_header_missing,
        response_code in (403, 429) and backend_response_code is null and not has_response_oid
            as refusal_without_caller,
        is_messages_call and has_subscription and not has_policy_oid
            as subscription_only,
        has_logged_credential as credential_logged,
        reached_model and not has_llm_row as usage_row_missing,
        reached_model and not has_gateway_row as gateway_row_missing,
        is_unjoinable as usage_unjoinable,
        malformed_headers,
        refused_counts as impossible_tokens,
        not has_event_time as time_missing,
        reached_model and deployment_evidence = 'none' as deployment_unknown,
        is_outdated_desktop as desktop_outdated,
        is_messages_call and has_gateway_row and user_agent is null as user_agent_missing,
        is_messages_call and client = 'Claude Code' and session_id is null as session_missing,
        names_proxy or is_crowded as gateway_in_front,
        method = 'GET' and ends_with(url_path, '/models') and response_code in (404, 405)
            as discovery_failing,
        denied_by = 'deployment' as deployment_refused,
        reached_model and policy_deployment is not null and sku is null as deployment_unlisted,
    from facts
    where usage_day between getvariable('first_day') and getvariable('last_day')
),

failing as (
    select *
    from failed
    where list_bool_or([*columns(* exclude (usage_day, usage_time, correlation_id))])
)

select * exclude (is_shown)
from (
    unpivot failing
    on columns(* exclude (usage_day, usage_time, correlation_id))
    into name "check" value is_shown
)
where is_shown
