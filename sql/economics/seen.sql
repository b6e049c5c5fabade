-- 1 row per combination of the keys asked for, and label: sessions, and what their caches saved and cost,
-- each request at its own price row. What is unknown throughout is NULL.
select
    case when getvariable('by_unit') then unit_id end as unit_id,
    case when getvariable('by_model') then llm_model_id end as llm_model_id,
    case when getvariable('by_client') then client_id end as client_id,
    label,
    count(*) as requests,
    count(session_id) as session_requests,
    count(distinct case when session_id is not null then row(caller_id, session_id) end) as sessions,
    sum(contracted_cost_usd) filter (where session_id is not null) as session_cost_usd,
    sum(
        case
            when
                is_priced
                and coalesce(cache_read_tokens, cache_write_5m_tokens, cache_write_1h_tokens)
                is not null
                then coalesce(cache_read_tokens * (input_usd - cache_read_usd), 0)
                    + coalesce(cache_write_5m_tokens * (input_usd - cache_write_5m_usd), 0)
                    + coalesce(cache_write_1h_tokens * (input_usd - cache_write_1h_usd), 0)
        end
    ) as cache_saved_usd,
    sum(
        rewritten_5m_tokens * (cache_write_5m_usd - cache_read_usd)
        + rewritten_1h_tokens * (cache_write_1h_usd - cache_read_usd)
    ) as expired_cache_cost_usd,
from economics.requests
group by all
