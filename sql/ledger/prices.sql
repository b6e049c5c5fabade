-- 1 row per price in force as known now: model, speed, zone, band and validity. Amounts are USD per
-- token. dearest_* is the highest rate a request can meet when its band is not yet certain.
with known as (
    select *
    from warehouse.seeds.prices
    where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
)

select
    price_id,
    model,
    speed,
    zone,
    case when prompt_over_tokens = 0 then -1 else prompt_over_tokens end as prompt_over_tokens,
    coalesce(prompt_up_to_tokens, 9223372036854775807) as prompt_up_to_tokens,
    input_usd,
    output_usd,
    cache_read_usd,
    cache_write_5m_usd,
    cache_write_1h_usd,
    max(output_usd) over bands as dearest_output_usd,
    max(input_usd) over bands as dearest_uncached_usd,
    max(greatest(input_usd, cache_read_usd, cache_write_5m_usd, cache_write_1h_usd)) over bands
        as dearest_input_usd,
    web_search_usd,
    valid_from,
    valid_to,
    recorded_from,
    source,
    link,
    reviewer,
from known
window bands as (partition by model, speed, zone, valid_from)
