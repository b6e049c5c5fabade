-- 1 row per day and resource group with usage or a bill: what CCU usage is expected to cost, what it was
-- billed, and whether the two can be compared yet.
with usage as (
    select
        usage_day,
        resource_group,
        sum(contracted_usd) filter (not is_legacy) as expected_usd,
    from bridge.usage
    group by usage_day, resource_group
),

bill as (
    select
        usage_day,
        resource_group,
        -- One amount that is unknown leaves the sum unknown.
        case
            when bool_and(amount_usd is not null)
                then
                    coalesce(
                        sum(amount_usd)
                            filter (charge_type in ('usage', 'purchase', 'other') and not is_correction),
                        0
                    )
        end as billed_usd,
        bool_and(ccu = round(ccu)) filter (charge_type in ('usage', 'purchase')) as is_whole_ccu,
    from billed
    where kind = 'ccu' and charge_type <> 'tax'
    group by usage_day, resource_group
)

select
    usage_day,
    resource_group,
    coalesce(usage.expected_usd, 0) as expected_usd,
    case when bill.usage_day is null then 0 else bill.billed_usd end as billed_usd,
    case
        when not coalesce(known.is_known, false) then 'unbilled'
        when usage_day < getvariable('log_from') then 'unlogged'
        when usage_day >= getvariable('log_until') then 'half_logged'
        when not known.is_settled then 'unsettled'
        else 'settled'
    end as state,
    coalesce(bill.is_whole_ccu, true) as is_whole_ccu,
from usage
full outer join bill using (usage_day, resource_group)
left join billed_days as known using (usage_day)
