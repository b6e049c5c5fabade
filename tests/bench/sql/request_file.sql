-- 1 row per request of the month, with all its token classes known.
with drawn as (
    select
        n,
        hash(n, 1) as dice,
        timestamp '2026-10-01'
        + to_microseconds((n::hugeint * 31 * 86400000000 // getvariable('requests'))::bigint)
            as usage_time,
        (hash(n, 2) % 1000003) / 1000003.0 as prompt_draw,
        (hash(n, 3) % 1000003) / 1000003.0 as output_draw,
    from range(getvariable('requests')) as numbers(n)
),

prompted as (
    select
        *,
        models[1 + (dice // 1000003 % len(models))::integer] as newest_model,
        10 + floor(exp(12.3 * pow(prompt_draw, 0.8)))::bigint as prompt_tokens,
    from drawn
    cross join (select getvariable('models') as models)
)

select
    usage_time,
    md5('caller' || dice % getvariable('callers'))::uuid::varchar as caller,
    if(
        newest_model = 'claude-haiku-5-5' and usage_time < timestamp '2026-10-07',
        'claude-haiku-4-5',
        newest_model
    ) as model,
    (prompt_tokens // 20)::integer as input_tokens,
    (1 + floor(exp(9 * output_draw)))::integer as output_tokens,
    (prompt_tokens * 8 // 10)::integer as cache_read_tokens,
    (prompt_tokens // 10)::integer as cache_write_5m_tokens,
    (prompt_tokens // 50)::integer as cache_write_1h_tokens,
from prompted
order by usage_time
