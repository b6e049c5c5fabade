-- 1 row per distinct LLM row of this landing. A count that no request can have is unknown, not zero.
with landed as (
    select *
    from landed_rows
    qualify row_number() over (partition by item_id order by ingested_at) = 1
)

select
    load_id,
    item_id,
    ingested_at,
    time_generated as row_time,
    nullif(trim(correlation_id), '') as correlation_id,
    nullif(trim(request_id), '') as response_id,
    nullif(left(trim(model_name), 200), '') as model_name,
    as_token_count(prompt_tokens) as input_tokens,
    as_token_count(completion_tokens) as output_tokens,
    as_token_count(prompt_cached_tokens) as cached_input_tokens,
    coalesce(prompt_tokens not between 0 and 2000000, false)
    or coalesce(completion_tokens not between 0 and 2000000, false) as refused_counts,
    sequence_number,
    region,
    coalesce(time_generated, ingested_at)::date as day_key
from landed
where
    not exists (
        select 1
        from warehouse.staging.llm_rows as known
        where
            known.item_id = landed.item_id
            and known.day_key = coalesce(landed.time_generated, landed.ingested_at)::date
    )
