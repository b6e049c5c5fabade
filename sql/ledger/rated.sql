-- 1 row per request that reached a model, with its tokens by class and the rates in force for it.
-- high_* are the dearest rates it can have met.
with prompts as (
    select
        *,
        coalesce(input_tokens, 0)
        + coalesce(cache_read_tokens, 0)
        + coalesce(cache_write_5m_tokens, 0)
        + coalesce(cache_write_1h_tokens, 0) as known_prompt_tokens,
        input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens is not null
            as is_whole,
    from ledger.usage
)

select
    prompts.*,
    -- A prompt token is at least one byte of the request, apart from the short system prompt that
    -- tools add; where the size is unknown or impossible, the context window limits it.
    case
        when is_whole then 0
        when request_size_bytes + 2000 >= known_prompt_tokens
            then greatest(least(request_size_bytes + 2000, 1000000) - known_prompt_tokens, 0)
        else greatest(1000000 - known_prompt_tokens, 0)
    end as unseen_prompt_tokens,
    price.price_id,
    price.input_usd,
    price.output_usd,
    price.cache_read_usd,
    price.cache_write_5m_usd,
    price.cache_write_1h_usd,
    -- A prompt that is wholly known is in its band; another may be in a dearer one.
    case
        when is_whole then coalesce(dearest.input_usd, price.input_usd)
        else coalesce(dearest.dearest_uncached_usd, price.dearest_uncached_usd)
    end as high_uncached_usd,
    case
        when is_whole then coalesce(dearest.output_usd, price.output_usd)
        else coalesce(dearest.dearest_output_usd, price.dearest_output_usd)
    end as high_output_usd,
    coalesce(dearest.dearest_input_usd, price.dearest_input_usd) as high_input_usd,
    coalesce(dearest.cache_read_usd, price.cache_read_usd) as high_read_usd,
    coalesce(dearest.cache_write_5m_usd, price.cache_write_5m_usd) as high_write_5m_usd,
    coalesce(dearest.cache_write_1h_usd, price.cache_write_1h_usd) as high_write_1h_usd,
    discount.discount_rate,
from prompts
left join ledger.prices as price
    on
        prompts.llm_model = price.model
        and prompts.speed = price.speed
        and prompts.least_zone = price.zone
        and price.valid_from <= prompts.usage_time
        and prompts.usage_time < price.valid_to
        and price.prompt_over_tokens < prompts.known_prompt_tokens
        and prompts.known_prompt_tokens <= price.prompt_up_to_tokens
        -- A price needs the time of the call; a row without one only has the day it arrived.
        and prompts.has_event_time
left join ledger.prices as dearest
    on
        price.model = dearest.model
        and price.speed = dearest.speed
        and prompts.dearest_zone = dearest.zone
        and price.prompt_over_tokens = dearest.prompt_over_tokens
        and price.valid_from = dearest.valid_from
left join ledger.discounts as discount
    on
        prompts.llm_model = discount.model
        and discount.valid_from <= prompts.usage_time
        and prompts.usage_time < discount.valid_to
