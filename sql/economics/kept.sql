-- 1 row per request of whom is asked about that reached a model, with its tokens as they would have been
-- had its cache been kept for another time (cache_ttl NULL: as they were).
with chosen as (
    select
        *,
        coalesce(idle >= interval 5 minute and idle < interval 60 minute, false) as is_between,
        coalesce(cache_write_5m_tokens, cache_write_1h_tokens) is not null as has_writes,
        coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0) as written_tokens,
    from economics.requests
    where
        (getvariable('asked_unit_id') is null or unit_id = getvariable('asked_unit_id'))
        and (getvariable('asked_caller_id') is null or caller_id = getvariable('asked_caller_id'))
),

shifted as (
    select
        *,
        -- Tokens that would have been read instead of written; below zero, written instead of read.
        case
            when not is_between or cache_read_tokens is null then 0
            when getvariable('cache_ttl') = '1h' then coalesce(rewritten_5m_tokens, 0)
            -- What was read after so long had been kept for an hour, if the session ever did that.
            when getvariable('cache_ttl') = '5m' and had_1h_cache
                then -coalesce(lesser(cache_read_tokens, cached_before_tokens), 0)
            else 0
        end as shifted_tokens,
    from chosen
)

select
    * exclude (is_between, has_writes, written_tokens, shifted_tokens) replace (
        cache_read_tokens + shifted_tokens as cache_read_tokens,
        case getvariable('cache_ttl')
            when '1h' then if(has_writes, 0, null)
            when '5m'
                then if(has_writes or shifted_tokens < 0, written_tokens - shifted_tokens, null)
            else cache_write_5m_tokens
        end as cache_write_5m_tokens,
        case getvariable('cache_ttl')
            when '1h' then if(has_writes, written_tokens - shifted_tokens, null)
            when '5m' then if(has_writes, 0, null)
            else cache_write_1h_tokens
        end as cache_write_1h_tokens
    ),
from shifted
