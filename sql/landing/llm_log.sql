-- 1 row per row of an answer to kql/llm_log.kql, typed. `answer_row` has the projection's order.
select
    getvariable('load_id')::bigint as load_id,
    coalesce(try_cast(answer_row[1] as timestamptz)::timestamp, getvariable('window_start')::timestamp)
        as ingested_at,
    coalesce(nullif(answer_row[2], ''), md5(answer_row::varchar)) as item_id,
    answer_row[3] as resource_id,
    try_cast(answer_row[4] as timestamptz)::timestamp as time_generated,
    answer_row[5] as correlation_id,
    answer_row[6] as request_id,
    answer_row[7] as model_name,
    try_cast(answer_row[8] as bigint) as prompt_tokens,
    try_cast(answer_row[9] as bigint) as completion_tokens,
    try_cast(answer_row[10] as bigint) as total_tokens,
    null::bigint as prompt_cached_tokens,
    try_cast(answer_row[11] as integer) as sequence_number,
    answer_row[12] as region
from answer
