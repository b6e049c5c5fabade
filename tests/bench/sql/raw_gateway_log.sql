-- 1 row per request, as the gateway's log has it.
select
    load_id,
    moment + interval 4 minute as ingested_at,
    md5('gateway row' || n)::uuid::varchar as item_id,
    '/gateway' as resource_id,
    moment as time_generated,
    correlation_id,
    'claude' as api_id,
    'POST' as method,
    'https://gateway.example/claude/v1/messages' as url,
    '10.' || caller // 250 || '.' || caller % 250 || '.7' as caller_ip_address,
    response_code,
    if(response_code = 200, 200, 0) as backend_response_code,
    if(response_code = 200, 'https://one.services.ai.azure.com/anthropic/v1/messages', null)
        as backend_url,
    4 * input_tokens + cached_bytes as request_size_bytes,
    28 * output_tokens as response_size_bytes,
    total_time_ms,
    total_time_ms - 20 as backend_time_ms,
    'East US 2' as region,
    '{"User-Agent":"' || user_agent || '","x-claude-code-session-id":"' || session_id || '"}'
        as request_headers,
    '{"x-caller-oid":"' || oid || '"}' as response_headers,
    '{"x-caller-oid":"' || oid || '","x-llm-deployment":"' || model || '"}'
        as backend_request_headers,
from calls
