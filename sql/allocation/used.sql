-- 1 row per span of days that something is split over, unit, caller and label: what they used in it.
-- cost_units is the cost after discounts in units of the fifteenth decimal; coarse_cost is the same in
-- billionths, rounded down by row of daily.
with spans as (
    select distinct
        first_day,
        end_day,
    from allocation.allocations
)

select
    spans.first_day,
    spans.end_day,
    daily.unit_id,
    daily.caller_id,
    daily.label,
    sum(daily.requests)::hugeint as requests,
    sum(
        coalesce(daily.input_tokens, 0)
        + coalesce(daily.output_tokens, 0)
        + coalesce(daily.cache_read_tokens, 0)
        + coalesce(daily.cache_write_5m_tokens, 0)
        + coalesce(daily.cache_write_1h_tokens, 0)
    )::hugeint as tokens,
    greatest(units_of_usd(coalesce(sum(daily.contracted_cost_usd), 0)), 0) as cost_units,
    sum(coarse_cost(daily.contracted_cost_usd)) as coarse_cost,
from spans
inner join daily
    on spans.first_day <= daily.usage_day and daily.usage_day < spans.end_day
group by all
