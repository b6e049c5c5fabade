-- 1 row per check of doctor and usage day that some request fails, and per count that checks are
-- shares of (all_ in front): how many requests, when first and last, and the first three of them.
with counted as (
    select
        count_if(is_messages_call) as all_messages,
        count_if(is_messages_call and backend_response_code is not null) as all_forwarded,
        count_if(
            is_messages_call
            and backend_response_code is not null
            and trace_user_authorization_forwarded = 'false'
            and trace_credential_kind in ('managed_identity', 'key')
        ) as all_proven,
        count_if(is_messages_call and trace_credential_kind = 'managed_identity')
            as all_by_managed_identity,
        count_if(reached_model) as all_reached,
        count_if(reached_model and caller_evidence in ('backend_header', 'response_header'))
            as all_with_header,
        count_if(reached_model and caller_evidence <> 'none') as all_with_caller,
        count_if(reached_model and has_llm_row) as all_with_usage_row,
        count_if(
            reached_model
            and request_key in (select request_key from ledger.recorded_usage)
        ) as all_with_usage_record,
    from ledger.attributed
    where usage_day = getvariable('usage_day')
)

select
    getvariable('usage_day')::date as usage_day,
    "check",
    count(*)::integer as requests,
    min(usage_time) as since,
    max(usage_time) as last,
    arg_min(correlation_id, usage_time, 3) filter (where correlation_id is not null) as examples,
from ledger.observed
where usage_day = getvariable('usage_day')
group by "check"
union all by name
select
    getvariable('usage_day')::date as usage_day,
    "check",
    requests::integer as requests,
from (unpivot counted on * into name "check" value requests)
where requests > 0
