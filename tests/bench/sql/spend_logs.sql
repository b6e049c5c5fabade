-- 1 row per request of our ledger, as litellm would have logged it.
select
    booked.request_key::varchar as request_id,
    'anthropic_messages' as call_type,
    sha256(caller.oid) as api_key,
    coalesce(booked.list_cost_usd::double, 0) as spend,
    coalesce(booked.input_tokens, 0) + coalesce(booked.output_tokens, 0) as total_tokens,
    coalesce(booked.input_tokens, 0) as prompt_tokens,
    coalesce(booked.output_tokens, 0) as completion_tokens,
    booked.usage_time as "startTime",
    booked.usage_time + to_milliseconds(call.total_time_ms) as "endTime",
    call.total_time_ms as request_duration_ms,
    booked.usage_time + interval 700 millisecond as "completionStartTime",
    llm_model.llm_model as model,
    md5(llm_model.llm_model) as model_id,
    llm_model.llm_model as model_group,
    'azure_ai' as custom_llm_provider,
    'https://one.services.ai.azure.com/anthropic/' as api_base,
    caller.oid as "user",
    '{"user_api_key_alias": "' || unit.unit || '", "status": "success"}' as metadata,
    'False' as cache_hit,
    'Cache OFF' as cache_key,
    '["User-Agent: claude-cli"]' as request_tags,
    unit.unit as team_id,
    caller.oid as end_user,
    '192.0.2.7' as requester_ip_address,
    '{}' as messages,
    '{}' as response,
    call.session_id,
    'success' as status,
    '{}' as proxy_server_request,
from ledger as booked
inner join requests as call on booked.request_key = call.request_key
left join callers as caller on booked.caller_id = caller.caller_id
left join llm_models as llm_model on booked.llm_model_id = llm_model.llm_model_id
left join units as unit on booked.unit_id = unit.unit_id
