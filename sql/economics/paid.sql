-- 1 row per combination of the keys asked for, and label: tokens of requests with a price by class, and
-- what was left to pay for them by contract, each request at its own price row.
with parts as (
    select
        case when getvariable('by_unit') then unit_id end as unit_id,
        case when getvariable('by_model') then llm_model_id end as llm_model_id,
        case when getvariable('by_client') then client_id end as client_id,
        label,
        contracted_part,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_5m_tokens) as cache_write_5m_tokens,
        sum(cache_write_1h_tokens) as cache_write_1h_tokens,
        sum(input_tokens * input_usd) as input_cost_usd,
        sum(output_tokens * output_usd) as output_cost_usd,
        sum(cache_read_tokens * cache_read_usd) as read_cost_usd,
        sum(cache_write_5m_tokens * cache_write_5m_usd) as write_5m_cost_usd,
        sum(cache_write_1h_tokens * cache_write_1h_usd) as write_1h_cost_usd,
    from economics.requests
    where is_priced
    group by all
)

select
    unit_id,
    llm_model_id,
    client_id,
    label,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_write_5m_tokens) as cache_write_5m_tokens,
    sum(cache_write_1h_tokens) as cache_write_1h_tokens,
    -- One product for all requests of one discount: the same as the sum of theirs, and faster.
    sum((input_cost_usd * contracted_part)::decimal(38, 15)) as input_cost_usd,
    sum((output_cost_usd * contracted_part)::decimal(38, 15)) as output_cost_usd,
    sum((read_cost_usd * contracted_part)::decimal(38, 15)) as read_cost_usd,
    sum((write_5m_cost_usd * contracted_part)::decimal(38, 15)) as write_5m_cost_usd,
    sum((write_1h_cost_usd * contracted_part)::decimal(38, 15)) as write_1h_cost_usd,
from parts
group by unit_id, llm_model_id, client_id, label
