-- 2 rows per request of economics.kept, at list price on the other model (NULL: at its own price row): of
-- as many tokens as they were, and (is_scaled) of as many as that model might have counted.
with counted as (
    select
        kept.*,
        is_scaled,
        getvariable('other_model') is null as is_own,
        case when not is_priced then null when is_own then 1 else factor.factor end::decimal(12, 9)
            as token_factor,
        case when is_scaled then coalesce(token_factor, 1) else 1 end::decimal(12, 9) as scale,
    from economics.kept as kept
    cross join unnest([false, true]) as variants(is_scaled)
    left join economics.factors as factor on kept.price_model = factor.model
),

scaled as (
    select
        * replace (
            (input_tokens * scale)::bigint as input_tokens,
            (output_tokens * scale)::bigint as output_tokens,
            (cache_read_tokens * scale)::bigint as cache_read_tokens,
            (cache_write_5m_tokens * scale)::bigint as cache_write_5m_tokens,
            (cache_write_1h_tokens * scale)::bigint as cache_write_1h_tokens
        ),
    from counted
),

prompts as (
    select
        *,
        coalesce(input_tokens, 0) + coalesce(cache_read_tokens, 0)
        + coalesce(cache_write_5m_tokens, 0) + coalesce(cache_write_1h_tokens, 0) as prompt_tokens,
    from scaled
),

priced as (
    select
        prompt.* replace (
            if(prompt.is_own, prompt.input_usd, price.input_usd) as input_usd,
            if(prompt.is_own, prompt.output_usd, price.output_usd) as output_usd,
            if(prompt.is_own, prompt.cache_read_usd, price.cache_read_usd) as cache_read_usd,
            if(prompt.is_own, prompt.cache_write_5m_usd, price.cache_write_5m_usd) as cache_write_5m_usd,
            if(prompt.is_own, prompt.cache_write_1h_usd, price.cache_write_1h_usd) as cache_write_1h_usd
        ),
    from prompts as prompt
    left join prices as price
        on
            price.model = getvariable('other_model')
            and prompt.speed = price.speed
            and prompt.zone = price.zone
            and price.valid_from <= prompt.usage_time
            and prompt.usage_time < price.valid_to
            and price.prompt_over_tokens < prompt.prompt_tokens
            and prompt.prompt_tokens <= price.prompt_up_to_tokens
)

select
    llm_model_id,
    session_id,
    is_scaled,
    token_factor,
    list_cost_usd,
    case
        when not is_priced then 'unknown_cost'
        when input_usd is null then 'no_price'
        else 'replayed'
    end as status,
    case
        when status = 'replayed' and (not is_scaled or token_factor is not null)
            then coalesce(input_tokens * input_usd, 0) + coalesce(output_tokens * output_usd, 0)
                + coalesce(cache_read_tokens * cache_read_usd, 0)
                + coalesce(cache_write_5m_tokens * cache_write_5m_usd, 0)
                + coalesce(cache_write_1h_tokens * cache_write_1h_usd, 0)
    end as replayed_cost_usd,
from priced
