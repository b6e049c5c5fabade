-- 1 row per request, as the gateway's log has it. How long an answer was is not drawn, so not told.
select
    $load_id as load_id,
    ended_at + interval 4 minute as ingested_at,
    md5('gateway row' || request_no)::uuid::varchar as item_id,
    '/gateway' as resource_id,
    moment as time_generated,
    correlation_id,
    'claude' as api_id,
    'POST' as method,
    'https://gateway.example/claude/v1/messages' as url,
    '10.' || caller // 250 || '.' || caller % 250 || '.7' as caller_ip_address,
    200 as response_code,
    200 as backend_response_code,
    'https://one.services.ai.azure.com/anthropic/v1/messages' as backend_url,
    request_bytes as request_size_bytes,
    total_time_ms,
    'East US 2' as region,
    '{"User-Agent":"' || user_agent || '"'
    || coalesce(',"x-claude-code-session-id":"' || session_id || '"', '') || '}' as request_headers,
    '{"x-caller-oid":"' || oid || '"}' as response_headers,
    '{"x-caller-oid":"' || oid || '","x-llm-deployment":"' || deployment || '"}'
        as backend_request_headers,
from calls
