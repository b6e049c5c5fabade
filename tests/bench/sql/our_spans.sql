-- 1 row per span of whole days: [first_day, end_day), of nearly as many requests as are wanted.
with reach as (
    select
        min(usage_time)::date as first_day,
        max(usage_time)::date + 1 as end_day,
        greatest(
            getvariable('span_requests') * (max(usage_time)::date + 1 - min(usage_time)::date)
            // count(*),
            1
        ) as span_days,
    from read_parquet(getvariable('requests'))
)

select
    first_day + offsets.day::integer as first_day,
    least(first_day + (offsets.day + span_days)::integer, end_day) as end_day,
from reach
cross join lateral (select unnest(range(0, end_day - first_day, span_days)) as day) as offsets
order by offsets.day
