-- 1 row per request among the first of a file, with our price of it as text.
select
    call.model,
    call.usage_time,
    call.input_tokens,
    call.output_tokens,
    call.cache_read_tokens,
    call.cache_write_5m_tokens,
    call.cache_write_1h_tokens,
    priced.list_cost_usd::varchar as list_cost_usd,
from read_parquet(getvariable('requests'), file_row_number = true) as call
inner join our_priced as priced on call.file_row_number = priced.row_number
order by call.file_row_number
limit getvariable('sampled')
