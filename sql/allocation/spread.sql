-- 1 row per share and row of daily that it belongs to, with that row's part: what is summed up before it
-- is rounded, less what was before, so that the parts of a share add up to exactly the share.
with placed as (
    select
        share.allocation_id,
        share.amount_usd,
        line.* exclude (allocation_id, method, tokens, cost_units),
        -- Coarser than an amount, so that products of the two stay in range.
        case
            when line.method in ('requests', 'bytes') then line.requests
            when line.method = 'tokens' then line.tokens
            else divide(line.cost_units, 1000000::hugeint)
        end::hugeint as basis,
    from allocation.shares as share
    inner join allocation.lines as line
        on
            share.allocation_id = line.allocation_id
            and share.unit_id is not distinct from line.unit_id
            and share.caller_id is not distinct from line.caller_id
            and share.label = line.label
),

weighed as (
    select
        *,
        case
            when sum(basis) over share > 0 then basis
            when sum(requests) over share > 0 then requests
            else 1
        end::hugeint as weight,
    from placed
    window share as (partition by allocation_id, unit_id, caller_id, label)
),

cumulated as (
    select
        *,
        units_of_usd(abs(amount_usd)) as share_units,
        sum(weight) over (partition by allocation_id, unit_id, caller_id, label)::hugeint as whole,
        sum(weight) over (
            partition by allocation_id, unit_id, caller_id, label
            order by usage_day, llm_model_id, deployment_id, client_id, cost_status
            rows unbounded preceding
        )::hugeint as reached,
    from weighed
)

select
    * exclude (amount_usd, basis, requests, weight, share_units, whole, reached),
    (
        if(amount_usd < 0, -1, 1)
        * usd_of_units(
            divide(share_units * reached, whole) - divide(share_units * (reached - weight), whole)
        )
    )::decimal(38, 15) as amount_usd,
from cumulated
