-- 1 row: the whole of the days asked for, and how its cost is known. Requests are those of the log.
with by_caller as (
    select
        caller_id,
        sum(requests) filter (where label not in ('outside_gateway', 'pool')) as requests,
        sum(input_tokens) as input_tokens,
        sum(output_tokens) as output_tokens,
        sum(list_cost_usd) as list_cost_usd,
        sum(measured_cost_usd) as measured_cost_usd,
        sum(calibrated_cost_usd) as calibrated_cost_usd,
        sum(list_cost_usd) filter (where label in ('outside_gateway', 'pool')) as beside_usd,
        sum(cost_low_usd) as cost_low_usd,
        sum(cost_high_usd) as cost_high_usd,
        doubt_usd(sum(cost_variance), sum(cost_deviation)) as doubt,
    from daily
    group by caller_id
)

select
    coalesce(sum(requests), 0)::bigint as requests,
    count(caller_id) as callers,
    (select count(distinct unit_id) from daily) as units,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(list_cost_usd) as list_cost_usd,
    sum(beside_usd) as beside_usd,
    share_of(sum(measured_cost_usd), sum(list_cost_usd)) as measured_share,
    share_of(sum(calibrated_cost_usd), sum(list_cost_usd)) as calibrated_share,
    least_usd(sum(cost_low_usd), sum(measured_cost_usd), sqrt(sum(doubt ^ 2))) as cost_low_usd,
    most_usd(sum(cost_high_usd), sqrt(sum(doubt ^ 2))) as cost_high_where_bounded_usd,
from by_caller
