-- 1 row: the sum of the scope, and how much of it is known. requests and costs are also of what did not
-- pass the gateway, logged_requests and what is known of them are not. A sum of bounds says how many
-- requests it leaves out.
with counted as (
    select
        count(*) as logged_requests,
        count(distinct booked.caller_id)
            filter (where caller.kind is distinct from 'service_principal') as people,
        count(distinct booked.caller_id) filter (where caller.kind = 'service_principal')
            as applications,
        count(distinct booked.unit_id) as units,
        count(*) filter (where booked.cost_high_usd is null) as without_upper_bound,
        count(*) filter (where booked.cost_status <> 'complete') as not_complete,
        count(*) filter (where booked.caller_id is not null) as with_caller,
        count(*) filter (where booked.usage_evidence = 'measured') as with_usage,
        count(*) filter (where booked.label = 'unattributed') as unattributed,
        count(*) filter (where booked.label = 'unmetered') as unmetered,
        count(*) filter (where booked.label = 'unpriced') as unpriced,
    from ledger as booked
    left join callers as caller on booked.caller_id = caller.caller_id
),

by_caller as (
    select
        sum(requests) as requests,
        sum(list_cost_usd) as list_cost_usd,
        sum(measured_cost_usd) as measured_cost_usd,
        sum(list_cost_usd) filter (where label in ('outside_gateway', 'pool')) as beside_usd,
        sum(cost_low_usd) as cost_low_usd,
        sum(cost_high_usd) as cost_high_usd,
        doubt_usd(sum(cost_variance), sum(cost_deviation)) as doubt,
    from billed_daily
    group by caller_id
),

summed as (
    select
        coalesce(sum(requests), 0)::bigint as requests,
        sum(list_cost_usd) as list_cost_usd,
        sum(beside_usd) as beside_usd,
        share_of(sum(measured_cost_usd), sum(list_cost_usd)) as measured_share,
        least_usd(sum(cost_low_usd), sum(measured_cost_usd), sqrt(sum(doubt ^ 2))) as cost_low_usd,
        most_usd(sum(cost_high_usd), sqrt(sum(doubt ^ 2))) as cost_high_usd,
    from by_caller
)

select *
from counted
cross join summed
