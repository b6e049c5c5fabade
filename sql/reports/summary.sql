-- 1 row per unit among the largest, 1 for all other units together, 1 per label: adds up to the span.
with named as (
    select
        case when daily.label = '' then unit.unit end as unit,
        daily.*,
    from daily
    left join units as unit on daily.unit_id = unit.unit_id
),

ranked as (
    select
        unit,
        row_number() over (order by sum(list_cost_usd) desc nulls last, unit) as place,
    from named
    where label = ''
    group by unit
),

lines as (
    select
        named.*,
        case
            when named.label <> '' then named.label
            when ranked.place <= getvariable('largest') then named.unit
            else 'other units'
        end as line,
        case when named.label <> '' then 3 when ranked.place <= getvariable('largest') then 1 else 2 end
            as part,
    from named
    left join ranked on named.unit is not distinct from ranked.unit and named.label = ''
),

by_caller as (
    select
        line,
        part,
        unit,
        sum(requests) as requests,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(cache_read_tokens) as cache_read_tokens,
        sum(cache_write_5m_tokens) + sum(cache_write_1h_tokens) as cache_write_tokens,
        sum(list_cost_usd) as list_cost_usd,
        sum(measured_cost_usd) as measured_cost_usd,
        sum(cost_low_usd) as cost_low_usd,
        case when count(cost_high_usd) = count(*) then sum(cost_high_usd) end as cost_high_usd,
        doubt_usd(sum(cost_variance), sum(cost_deviation)) as doubt,
    from lines
    group by line, part, unit, caller_id
)

select
    line,
    part = 3 as is_label,
    count(distinct unit) as units,
    sum(requests)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_tokens)::bigint as cache_write_tokens,
    sum(list_cost_usd) as list_cost_usd,
    least_usd(sum(cost_low_usd), sum(measured_cost_usd), sqrt(sum(doubt ^ 2))) as cost_low_usd,
    case
        when count(cost_high_usd) = count(*)
            then most_usd(sum(cost_high_usd), sqrt(sum(doubt ^ 2)))
    end as cost_high_usd,
from by_caller
group by line, part
order by part, list_cost_usd desc nulls last, line
