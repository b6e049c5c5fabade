-- 1 row per distinct usage record of this landing. How writes split by lifetime is unknown where
-- only their sum is told, unless it is zero; a split that does not add up to it is refused.
with landed as (
    select
        *,
        json_transform(
            usage,
            '{
                "input_tokens": "hugeint", "output_tokens": "hugeint",
                "cache_read_input_tokens": "hugeint", "cache_creation_input_tokens": "hugeint",
                "ephemeral_5m_input_tokens": "hugeint", "ephemeral_1h_input_tokens": "hugeint",
                "web_search_requests": "hugeint",
                "speed": "varchar", "inference_geo": "varchar", "service_tier": "varchar"
            }'
        ) as told,
    from landed_rows
    qualify row_number() over (partition by item_id order by ingested_at) = 1
),

split as (
    select
        *,
        told.cache_creation_input_tokens as writes,
        told.ephemeral_5m_input_tokens + told.ephemeral_1h_input_tokens as split_writes,
    from landed
),

judged as (
    select
        *,
        coalesce(split_writes <> writes, false) as contradicts,
    from split
)

select
    load_id,
    item_id,
    ingested_at,
    record_time,
    correlation_id,
    as_token_count(told.input_tokens)::bigint as input_tokens,
    as_token_count(told.output_tokens)::bigint as output_tokens,
    as_token_count(told.cache_read_input_tokens)::bigint as cache_read_tokens,
    case
        when contradicts then null
        when split_writes is not null then as_token_count(told.ephemeral_5m_input_tokens)::bigint
        when writes = 0 then 0
    end as cache_write_5m_tokens,
    case
        when contradicts then null
        when split_writes is not null then as_token_count(told.ephemeral_1h_input_tokens)::bigint
        when writes = 0 then 0
    end as cache_write_1h_tokens,
    as_token_count(told.web_search_requests)::bigint as web_searches,
    told.speed,
    told.inference_geo,
    told.service_tier,
    contradicts
    or list_bool_or(
        list_transform(
            [
                told.input_tokens, told.output_tokens, told.cache_read_input_tokens, writes,
                told.ephemeral_5m_input_tokens, told.ephemeral_1h_input_tokens,
                told.web_search_requests
            ],
            lambda count: coalesce(count not between 0 and 2000000, false)
        )
    ) as refused_counts,
    record_time::date as day_key,
from judged
where
    not exists (
        select 1
        from warehouse.staging.usage_records as known
        where known.item_id = judged.item_id and known.day_key = judged.record_time::date
    )
