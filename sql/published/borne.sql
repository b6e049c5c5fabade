-- 1 row per span of days, basis, caller, unit and label that bears shared costs or the bridge's residual, in
-- units of the fifteenth decimal. It is spread over their rows of daily if a key of the report asks for
-- that.
with summed as (
    select
        allocation.first_day,
        allocation.end_day,
        share.basis,
        share.unit_id,
        share.caller_id,
        share.label,
        max(allocation.last_charged_day) as last_charged_day,
        sum(share.amount_usd) filter (where allocation.shared_cost <> 'residual')
            as shared_cost_usd,
        sum(share.amount_usd) filter (where allocation.shared_cost = 'residual') as residual_usd,
    from allocated_shares as share
    inner join allocations as allocation using (month, allocation_id)
    group by all
)

select
    row_number() over () as borne_id,
    * exclude (shared_cost_usd, residual_usd),
    units_of_usd(shared_cost_usd) as shared_units,
    units_of_usd(residual_usd) as residual_units,
    basis is not null as has_use,
    basis is not null
    and (
        getvariable('shares_by_day') or getvariable('by_model') or getvariable('by_client')
    ) as is_spread,
from summed
