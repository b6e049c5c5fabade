-- 1 row per day, resource group, line and model with an amount: the walk from list cost to the invoice.
-- All amounts together are what the days with a known bill were billed, before tax.
with listed as (
    unpivot (
        select
            usage_day,
            resource_group,
            model,
            case when doubt not in ('outside_gateway', 'pool') then measured_usd end as measured,
            case when doubt not in ('outside_gateway', 'pool') then calibrated_usd end as calibrated,
            case when doubt not in ('outside_gateway', 'pool') then estimated_usd end as estimated,
            case when doubt = 'outside_gateway' then list_usd end as outside_gateway,
            case when doubt = 'pool' then list_usd end as pool,
            contracted_usd - list_usd as discount,
            case when is_legacy then -contracted_usd end as legacy_meters,
        from bridge.usage
    )
    on measured, calibrated, estimated, outside_gateway, pool, discount, legacy_meters
    into name line value amount_usd
),

booked as (
    select
        usage_day,
        resource_group,
        case
            when charge.is_correction then 'correction'
            when charge.charge_type = 'rounding' then 'rounding_adjustment'
            else charge.charge_type
        end as line,
        charge.amount_usd,
    from billed as charge
    inner join bridge.days as day using (usage_day, resource_group)
    where
        charge.kind = 'ccu'
        and charge.charge_type <> 'tax'
        and day.state <> 'unbilled'
        and (charge.is_correction or charge.charge_type not in ('usage', 'purchase', 'other'))
)

select usage_day, resource_group, line, model, amount_usd
from listed
union all by name
select usage_day, resource_group, line, amount_usd
from booked
union all by name
select
    usage_day,
    resource_group,
    case when state = 'settled' then 'residual' else 'late_data' end as line,
    case when state = 'unbilled' then 0 else billed_usd end
    - expected_usd
    - case when state = 'settled' then coalesce(mismatch.amount_usd, 0) else 0 end as amount_usd,
    nullif(state, 'settled') as detail,
from bridge.days
left join bridge.mismatches as mismatch using (usage_day, resource_group)
union all by name
select
    usage_day,
    resource_group,
    'discount_mismatch' as line,
    amount_usd,
from bridge.mismatches
where getvariable('factor_less_one') <> 0
