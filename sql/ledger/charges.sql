-- 1 row per request that reached a model: the ledger. This is the only statement that multiplies
-- money. A token class that no source shows is NULL, and so is a cost nobody can know.
with usage as (
    select
        attributed.*,
        cast(null as bigint) as cache_read_tokens,
        cast(null as bigint) as cache_write_5m_tokens,
        cast(null as bigint) as cache_write_1h_tokens,
        coalesce(input_tokens, 0) as known_prompt_tokens,
        input_tokens is not null or output_tokens is not null as has_usage,
    from ledger.attributed
    where reached_model
),

limited as (
    select
        *,
        -- A prompt token is at least one byte of the request, apart from the short system prompt
        -- that tools add; where the size is unknown or impossible, the context window limits it.
        case
            when request_size_bytes + 2000 >= known_prompt_tokens
                then least(request_size_bytes + 2000, 1000000)
            else 1000000
        end as most_prompt_tokens,
    from usage
),

priced as (
    select
        limited.*,
        price.price_id,
        discount.discount_rate,
        input_tokens * price.input_usd as input_cost_usd,
        output_tokens * price.output_usd as output_cost_usd,
        input_tokens * coalesce(dearest.dearest_uncached_usd, price.dearest_uncached_usd)
            as input_cost_high_usd,
        output_tokens * coalesce(dearest.dearest_output_usd, price.dearest_output_usd)
            as output_cost_high_usd,
        greatest(most_prompt_tokens - known_prompt_tokens, 0)
        * coalesce(dearest.dearest_input_usd, price.dearest_input_usd) as unknown_cost_high_usd,
    from limited
    left join ledger.prices as price
        on
            limited.llm_model = price.model
            and limited.speed = price.speed
            and limited.least_zone = price.zone
            and price.valid_from <= limited.usage_time
            and limited.usage_time < price.valid_to
            and price.prompt_over_tokens < limited.known_prompt_tokens
            and limited.known_prompt_tokens <= price.prompt_up_to_tokens
            and limited.has_event_time
    left join ledger.prices as dearest
        on
            price.model = dearest.model
            and price.speed = dearest.speed
            and limited.dearest_zone = dearest.zone
            and price.prompt_over_tokens = dearest.prompt_over_tokens
            and price.valid_from = dearest.valid_from
    left join ledger.discounts as discount
        on
            limited.llm_model = discount.model
            and discount.valid_from <= limited.usage_time
            and limited.usage_time < discount.valid_to
),

listed as (
    select
        *,
        case
            when input_cost_usd is not null or output_cost_usd is not null
                then coalesce(input_cost_usd, 0) + coalesce(output_cost_usd, 0)
        end as list_cost_usd,
    from priced
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
            then coalesce(input_cost_high_usd, 0) + output_cost_high_usd + unknown_cost_high_usd
    end as cost_high_usd,
from listed
