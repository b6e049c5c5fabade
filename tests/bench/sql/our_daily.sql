-- 1 row per caller, model and day of a span of days.
with priced as (
    select
        caller.caller_id,
        price.price_number,
        call.usage_time::date as day,
        count(*) as requests,
        sum(call.input_tokens)::bigint as input_tokens,
        sum(call.output_tokens)::bigint as output_tokens,
        sum(call.cache_read_tokens)::bigint as cache_read_tokens,
        sum(call.cache_write_5m_tokens)::bigint as cache_write_5m_tokens,
        sum(call.cache_write_1h_tokens)::bigint as cache_write_1h_tokens,
    from (
        select
            *,
            input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
                as prompt_tokens,
        from read_parquet(getvariable('requests'))
        where
            usage_time >= getvariable('first_day')::timestamp
            and usage_time < getvariable('end_day')::timestamp
    ) as call
    inner join our_prices as price
        on
            call.model = price.model
            and price.valid_from <= call.usage_time
            and call.usage_time < price.valid_to
            and price.prompt_over_tokens < call.prompt_tokens
            and call.prompt_tokens <= price.prompt_up_to_tokens
    inner join our_callers as caller on call.caller = caller.caller
    group by caller.caller_id, price.price_number, day
)

select
    priced.caller_id,
    price.model_id,
    priced.day,
    sum(priced.requests)::integer as requests,
    sum(priced.input_tokens)::bigint as input_tokens,
    sum(priced.output_tokens)::bigint as output_tokens,
    sum(priced.cache_read_tokens)::bigint as cache_read_tokens,
    sum(priced.cache_write_5m_tokens)::bigint as cache_write_5m_tokens,
    sum(priced.cache_write_1h_tokens)::bigint as cache_write_1h_tokens,
    sum(
        priced.input_tokens * price.input_usd
        + priced.output_tokens * price.output_usd
        + priced.cache_read_tokens * price.cache_read_usd
        + priced.cache_write_5m_tokens * price.cache_write_5m_usd
        + priced.cache_write_1h_tokens * price.cache_write_1h_usd
    ) as list_cost_usd,
from priced
inner join our_prices as price on priced.price_number = price.price_number
group by priced.caller_id, price.model_id, priced.day
