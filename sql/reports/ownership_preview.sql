-- 1 row per unit: what its requests cost as booked, and with the owners that are proposed. Requests
-- without a caller and what the platform counted beyond the log belong to no unit, before and after.
with booked as (
    select
        coalesce(unit.unit, '') as unit,
        coalesce(moved.unit, unit.unit, '') as proposed_unit,
        call.list_cost_usd,
        call.contracted_cost_usd,
    from ledger as call
    left join units as unit on call.unit_id = unit.unit_id
    left join callers as caller on call.caller_id = caller.caller_id
    left join moved
        on
            caller.oid = moved.oid
            and moved.valid_from <= call.usage_time
            and call.usage_time < moved.valid_to
),

sides as (
    select
        unit,
        1 as requests,
        0 as proposed_requests,
        list_cost_usd,
        contracted_cost_usd,
        0 * list_cost_usd as proposed_list_cost_usd,
        0 * contracted_cost_usd as proposed_contracted_cost_usd,
    from booked
    union all
    select
        proposed_unit as unit,
        0 as requests,
        1 as proposed_requests,
        0 * list_cost_usd as list_cost_usd,
        0 * contracted_cost_usd as contracted_cost_usd,
        list_cost_usd as proposed_list_cost_usd,
        contracted_cost_usd as proposed_contracted_cost_usd,
    from booked
)

select
    nullif(unit, '') as unit,
    sum(requests)::bigint as requests,
    sum(proposed_requests)::bigint as proposed_requests,
    sum(list_cost_usd) as list_cost_usd,
    sum(proposed_list_cost_usd) as proposed_list_cost_usd,
    sum(proposed_list_cost_usd) - sum(list_cost_usd) as difference_list_cost_usd,
    sum(contracted_cost_usd) as contracted_cost_usd,
    sum(proposed_contracted_cost_usd) as proposed_contracted_cost_usd,
from sides
group by sides.unit
order by unit nulls last
