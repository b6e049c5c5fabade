-- 1 row per request of the tenant, with its ids and names as Azure and the policy write them.
create or replace temp table calls as
select
    request.request_no,
    request.started_at as moment,
    request.started_at + to_milliseconds(request.total_time_ms) as ended_at,
    request.total_time_ms,
    request.caller,
    request.request_bytes,
    request.input_tokens,
    request.output_tokens,
    request.model,
    deployment.name as deployment,
    md5('request' || request.request_no)::uuid::varchar as correlation_id,
    md5('caller' || request.caller)::uuid::varchar as oid,
    -- A request without a session header has none here either.
    md5('session' || request.session)::uuid::varchar as session_id,
    case request.client
        when 'claude-code' then 'claude-cli/2.1.' || 241 + request.caller % 12 || ' (external, cli)'
        when 'claude-desktop'
            then 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)'
                || ' Claude/1.' || 5 + request.caller % 9
                || '.0 Chrome/140.0 Electron/38.1 Safari/537.36'
        else 'Anthropic/Python 0.' || 70 + request.caller % 9 || '.0'
    end as user_agent,
from tenant_requests as request
inner join tenant_deployments as deployment on request.deployment = deployment.deployment
order by request.request_no
