-- 1 row: the whole of the days asked for.
select
    coalesce(sum(requests), 0)::bigint as requests,
    count(distinct caller_id) as callers,
    count(distinct unit_id) as units,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(list_cost_usd) as list_cost_usd,
    sum(cost_low_usd) as cost_low_usd,
    sum(cost_high_usd) as cost_high_where_bounded_usd,
from daily
