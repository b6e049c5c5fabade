-- 1 row per request as the tenant has it and the publication has not, and the other way round. Which
-- tokens an unmetered request may have had nobody logged, so they are not compared.
with booked as (
    select
        ledger.request_key,
        caller.oid,
        unit.unit,
        place.deployment,
        model.llm_model,
        client.client,
        request.session_id is not null as has_session,
        request.request_size_bytes,
        request.total_time_ms,
        ledger.usage_time,
        if(ledger.label = 'unmetered', null, ledger.input_tokens) as input_tokens,
        if(ledger.label = 'unmetered', null, ledger.output_tokens) as output_tokens,
        ledger.label,
    from ledger
    inner join requests as request on ledger.request_key = request.request_key
    left join callers as caller on ledger.caller_id = caller.caller_id
    left join units as unit on ledger.unit_id = unit.unit_id
    left join deployments as place on ledger.deployment_id = place.deployment_id
    left join llm_models as model on ledger.llm_model_id = model.llm_model_id
    left join clients as client on ledger.client_id = client.client_id
),

drawn as (
    select
        md5('request' || request.request_no)::uuid as request_key,
        md5('caller' || request.caller)::uuid::varchar as oid,
        printf('unit-%02d', truth.unit) as unit,
        request.model || '-' || request.deployment as deployment,
        request.model as llm_model,
        case request.client
            when 'claude-code' then 'Claude Code'
            when 'claude-desktop' then 'Claude Desktop'
            else 'Other'
        end as client,
        request.session is not null as has_session,
        nullif(request.request_bytes, 0) as request_size_bytes,
        request.total_time_ms,
        request.started_at as usage_time,
        request.input_tokens,
        request.output_tokens,
        if(request.input_tokens is null, 'unmetered', '') as label,
    from tenant_requests as request
    inner join tenant_truth as truth on request.request_no = truth.request_no
)

select
    'not booked' as finding,
    *,
from (from drawn except all from booked)
union all
select
    'not drawn' as finding,
    *,
from (from booked except all from drawn)
