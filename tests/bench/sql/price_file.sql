-- 1 row per model, band and stretch of validity of the month, at standard speed in the global zone.
select
    price_id,
    model,
    case when prompt_over_tokens = 0 then -1 else prompt_over_tokens end as prompt_over_tokens,
    coalesce(prompt_up_to_tokens, 1000000000) as prompt_up_to_tokens,
    input_usd,
    output_usd,
    cache_read_usd,
    cache_write_5m_usd,
    cache_write_1h_usd,
    greatest(valid_from, timestamp '2026-01-01') as valid_from,
    least(valid_to, timestamp '2027-01-01') as valid_to,
from known
where
    list_contains(getvariable('models'), model)
    and speed = 'standard'
    and zone = 'global'
    and recorded_from <= getvariable('known_at')
    and getvariable('known_at') < recorded_to
    and valid_from < timestamp '2026-11-01'
    and timestamp '2026-10-01' < valid_to
order by model, valid_from, prompt_over_tokens
