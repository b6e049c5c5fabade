-- 1 row per LLM row, as the log has it.
select
    load_id,
    moment + interval 5 minute as ingested_at,
    md5('llm row' || n || '/' || piece)::uuid::varchar as item_id,
    '/gateway' as resource_id,
    moment + to_milliseconds(total_time_ms) as time_generated,
    correlation_id,
    'msg_' || md5('message' || n) as request_id,
    model as model_name,
    input_tokens as prompt_tokens,
    output_tokens as completion_tokens,
    input_tokens + output_tokens as total_tokens,
    piece as sequence_number,
    'East US 2' as region,
from llm_lines
