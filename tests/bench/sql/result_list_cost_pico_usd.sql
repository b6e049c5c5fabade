-- 1 row per group of an engine's result.
select
    caller::varchar as caller,
    model::varchar as model,
    day::date as day,
    requests::bigint as requests,
    input_tokens::bigint as input_tokens,
    output_tokens::bigint as output_tokens,
    cache_read_tokens::bigint as cache_read_tokens,
    cache_write_5m_tokens::bigint as cache_write_5m_tokens,
    cache_write_1h_tokens::bigint as cache_write_1h_tokens,
    (list_cost_pico_usd::bigint * 0.000000000001::decimal(13, 12))::decimal(38, 15) as list_cost_usd,
from read_parquet(getvariable('result'))
