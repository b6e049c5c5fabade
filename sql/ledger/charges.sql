-- 1 row per request that reached a model: the ledger. This is the only statement that multiplies
-- money. A cost that nobody can know is NULL.
with multiplied as (
    select
        *,
        input_tokens * input_usd as input_cost_usd,
        output_tokens * output_usd as output_cost_usd,
        input_tokens * high_uncached_usd as input_cost_high_usd,
        output_tokens * high_output_usd as output_cost_high_usd,
        unseen_prompt_tokens * high_input_usd as unseen_cost_high_usd,
    from ledger.rated
),

listed as (
    select
        *,
        case
            when input_cost_usd is not null or output_cost_usd is not null
                then coalesce(input_cost_usd, 0) + coalesce(output_cost_usd, 0)
        end as list_cost_usd,
    from multiplied
)

select
    request_key,
    usage_time,
    usage_day,
    caller_oid,
    caller_evidence,
    unit,
    unit_rule,
    llm_model,
    account,
    deployment,
    deployment_evidence,
    speed,
    client,
    input_tokens::integer as input_tokens,
    output_tokens::integer as output_tokens,
    cache_read_tokens::integer as cache_read_tokens,
    cache_write_5m_tokens::integer as cache_write_5m_tokens,
    cache_write_1h_tokens::integer as cache_write_1h_tokens,
    case
        when caller_oid is null then 'unattributed'
        when not has_usage then 'unmetered'
        when price_id is null then 'unpriced'
        else ''
    end as label,
    price_id,
    case
        when price_id is null then 'unpriced'
        when input_tokens is null or output_tokens is null then 'partial'
        when cache_read_tokens is null then 'partial'
        when cache_write_5m_tokens is null or cache_write_1h_tokens is null then 'partial'
        else 'complete'
    end as cost_status,
    list_cost_usd,
    (list_cost_usd * (1 - coalesce(discount_rate, 0))::decimal(9, 8))::decimal(38, 15)
        as contracted_cost_usd,
    -- No invoice is read yet, and a share of it cannot be guessed.
    cast(null as decimal(38, 15)) as billed_cost_usd,
    list_cost_usd as cost_low_usd,
    -- What a response at most wrote is not bounded by anything the log shows.
    case
        when output_tokens is not null
            then coalesce(input_cost_high_usd, 0) + output_cost_high_usd + unseen_cost_high_usd
    end as cost_high_usd,
from listed
