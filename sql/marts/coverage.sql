-- 1 row per usage day: how much of the traffic is known, and by which evidence.
select
    getvariable('usage_day')::date as usage_day,
    count(*) as gateway_requests,
    count_if(reached_model) as reached_model,
    count_if(reached_model and caller_evidence = 'backend_header') as by_backend_header,
    count_if(reached_model and caller_evidence = 'response_header') as by_response_header,
    count_if(reached_model and caller_evidence = 'trace') as by_trace,
    count_if(reached_model and caller_evidence = 'subscription') as by_subscription,
    count_if(reached_model and caller_evidence = 'none') as without_caller,
    count_if(caller_conflict) as caller_conflicts,
    count_if(malformed_oid) as malformed_oids,
    count_if(malformed_headers) as malformed_headers,
    count_if(reached_model and not has_llm_row) as without_usage_row,
    count_if(reached_model and not has_gateway_row) as without_gateway_row,
    count_if(refused_counts) as refused_counts,
    count_if(not has_event_time) as without_time,
    count_if(reached_model and deployment_evidence = 'none') as without_deployment,
    count_if(response_code = 401) as unauthorized,
    count_if(response_code = 403) as forbidden,
    count_if(response_code = 429) as throttled,
    count_if(credential_headers is not null) as logged_credentials,
from ledger.attributed
where usage_day = getvariable('usage_day')
