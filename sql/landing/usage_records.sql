-- 1 row per usage record, typed. Of the usage object only its numbers stay, and words that are none
-- of a person's: what is neither is left out, so that no text of a request is ever kept.
with opened as (
    select
        seen_at::timestamptz::timestamp as ingested_at,
        nullif(left(trim(object ->> 'correlation_id'), 200), '') as correlation_id,
        object -> 'usage' as told,
    from answer
),

typed as (
    select
        ingested_at,
        correlation_id,
        to_json({
            'input_tokens': as_number(told ->> 'input_tokens'),
            'output_tokens': as_number(told ->> 'output_tokens'),
            'cache_read_input_tokens': as_number(told ->> 'cache_read_input_tokens'),
            'cache_creation_input_tokens': as_number(told ->> 'cache_creation_input_tokens'),
            'ephemeral_5m_input_tokens':
                as_number(told ->> '$.cache_creation.ephemeral_5m_input_tokens'),
            'ephemeral_1h_input_tokens':
                as_number(told ->> '$.cache_creation.ephemeral_1h_input_tokens'),
            'web_search_requests': as_number(told ->> '$.server_tool_use.web_search_requests'),
            'web_fetch_requests': as_number(told ->> '$.server_tool_use.web_fetch_requests'),
            'speed': as_word(told ->> 'speed'),
            'inference_geo': as_word(told ->> 'inference_geo'),
            'service_tier': as_word(told ->> 'service_tier')
        })::varchar as usage,
    from opened
)

select
    getvariable('load_id')::bigint as load_id,
    md5(concat_ws('|', correlation_id, ingested_at::varchar, usage)) as item_id,
    ingested_at,
    correlation_id,
    ingested_at as record_time,
    usage,
from typed
