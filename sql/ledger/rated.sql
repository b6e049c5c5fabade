-- 1 row per request that reached a model, with its tokens by class and the rates in force for it.
-- A token class that no source shows is NULL. high_* are the dearest rates it can have met.
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
)

select
    usage.*,
    -- A prompt token is at least one byte of the request, apart from the short system prompt that
    -- tools add; where the size is unknown or impossible, the context window limits it.
    case
        when request_size_bytes + 2000 >= known_prompt_tokens
            then greatest(least(request_size_bytes + 2000, 1000000) - known_prompt_tokens, 0)
        else greatest(1000000 - known_prompt_tokens, 0)
    end as unseen_prompt_tokens,
    price.price_id,
    price.input_usd,
    price.output_usd,
    coalesce(dearest.dearest_uncached_usd, price.dearest_uncached_usd) as high_uncached_usd,
    coalesce(dearest.dearest_output_usd, price.dearest_output_usd) as high_output_usd,
    coalesce(dearest.dearest_input_usd, price.dearest_input_usd) as high_input_usd,
    discount.discount_rate,
from usage
left join ledger.prices as price
    on
        usage.llm_model = price.model
        and usage.speed = price.speed
        and usage.least_zone = price.zone
        and price.valid_from <= usage.usage_time
        and usage.usage_time < price.valid_to
        and price.prompt_over_tokens < usage.known_prompt_tokens
        and usage.known_prompt_tokens <= price.prompt_up_to_tokens
        -- A price needs the time of the call; a row without one only has the day it arrived.
        and usage.has_event_time
left join ledger.prices as dearest
    on
        price.model = dearest.model
        and price.speed = dearest.speed
        and usage.dearest_zone = dearest.zone
        and price.prompt_over_tokens = dearest.prompt_over_tokens
        and price.valid_from = dearest.valid_from
left join ledger.discounts as discount
    on
        usage.llm_model = discount.model
        and discount.valid_from <= usage.usage_time
        and usage.usage_time < discount.valid_to
