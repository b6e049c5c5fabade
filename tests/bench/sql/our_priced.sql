-- 1 row per request: what it costs at the list price of its time, model and band.
select
    call.file_row_number::integer as row_number,
    price.price_id,
    (
        call.input_tokens * price.input_usd
        + call.output_tokens * price.output_usd
        + call.cache_read_tokens * price.cache_read_usd
        + call.cache_write_5m_tokens * price.cache_write_5m_usd
        + call.cache_write_1h_tokens * price.cache_write_1h_usd
    )::decimal(38, 15) as list_cost_usd,
from (
    select
        *,
        input_tokens + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
            as prompt_tokens,
    from read_parquet(getvariable('requests'), file_row_number = true)
) as call
left join read_parquet(getvariable('prices')) as price
    on
        call.model = price.model
        and price.valid_from <= call.usage_time
        and call.usage_time < price.valid_to
        and price.prompt_over_tokens < call.prompt_tokens
        and call.prompt_tokens <= price.prompt_up_to_tokens
