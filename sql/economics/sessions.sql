-- 1 row per request that reached a model and tells its session, with what the session's last request to
-- the same model had in the cache when it ended. A cache that was used lives on from its last use.
with told as (
    select
        ledger.request_key,
        ledger.caller_id,
        requests.session_id,
        ledger.llm_model_id,
        ledger.usage_time,
        ledger.cache_read_tokens + ledger.cache_write_5m_tokens + ledger.cache_write_1h_tokens
            as cached_tokens,
        ledger.cache_write_1h_tokens,
    from ledger
    inner join requests on ledger.request_key = requests.request_key
    where requests.session_id is not null
)

select
    request_key,
    session_id,
    usage_time - lag(usage_time) over before as idle,
    lag(cached_tokens) over before as cached_before_tokens,
    coalesce(
        max(cache_write_1h_tokens) over (before rows between unbounded preceding and 1 preceding) > 0,
        false
    ) as had_1h_cache,
from told
window before as (partition by caller_id, session_id, llm_model_id order by usage_time, request_key)
