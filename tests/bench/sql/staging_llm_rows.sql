-- 1 row per LLM row, as ingestion would have parsed it.
select
    load_id,
    md5('llm row' || n || '/' || piece)::uuid::varchar as item_id,
    moment + interval 5 minute as ingested_at,
    moment + to_milliseconds(total_time_ms) as row_time,
    correlation_id,
    'msg_' || md5('message' || n) as response_id,
    model as model_name,
    input_tokens,
    output_tokens,
    false as refused_counts,
    piece as sequence_number,
    'East US 2' as region,
    (moment + to_milliseconds(total_time_ms))::date as day_key,
from llm_lines
