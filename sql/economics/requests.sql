-- 1 row per request that reached a model, with its own price row, what the contract left of it, and of
-- a session that is told what was written again because the cache of it had expired.
with rated as (
    select
        ledger.*,
        price.price_id is not null and ledger.list_cost_usd is not null as is_priced,
        price.model as price_model,
        price.zone,
        price.input_usd,
        price.output_usd,
        price.cache_read_usd,
        price.cache_write_5m_usd,
        price.cache_write_1h_usd,
        contracted_part(ledger.contracted_cost_usd, ledger.list_cost_usd) as contracted_part,
        session.session_id,
        session.idle,
        session.cached_before_tokens,
        session.had_1h_cache,
        case
            when session.session_id is null then null
            -- The session's first request has no cache of its own to lose.
            when session.idle is null or session.idle < interval 60 minute then 0
            else lesser(ledger.cache_write_1h_tokens, session.cached_before_tokens)
        end as rewritten_1h_tokens,
    from ledger
    left join prices as price on ledger.price_id = price.price_id
    left join economics.sessions as session on ledger.request_key = session.request_key
)

select
    *,
    case
        when session_id is null then null
        when idle is null or idle < interval 5 minute then 0
        -- In a prompt the parts kept for an hour stand before those kept for five minutes.
        else lesser(cache_write_5m_tokens, cached_before_tokens - rewritten_1h_tokens)
    end as rewritten_5m_tokens,
from rated
