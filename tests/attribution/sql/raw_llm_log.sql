-- 1 row per request whose usage was logged, as the log has it.
select
    $load_id as load_id,
    ended_at + interval 5 minute as ingested_at,
    md5('llm row' || request_no)::uuid::varchar as item_id,
    '/gateway' as resource_id,
    ended_at as time_generated,
    correlation_id,
    'msg_' || md5('message' || request_no) as request_id,
    model as model_name,
    input_tokens as prompt_tokens,
    output_tokens as completion_tokens,
    input_tokens + output_tokens as total_tokens,
    0 as sequence_number,
    'East US 2' as region,
from calls
where input_tokens is not null
