-- 1 row per request whose usage was logged, as ingestion would have parsed it.
select
    $load_id as load_id,
    md5('llm row' || request_no)::uuid::varchar as item_id,
    ended_at + interval 5 minute as ingested_at,
    ended_at as row_time,
    correlation_id,
    'msg_' || md5('message' || request_no) as response_id,
    model as model_name,
    input_tokens,
    output_tokens,
    false as refused_counts,
    0 as sequence_number,
    'East US 2' as region,
    ended_at::date as day_key,
from calls
where input_tokens is not null
