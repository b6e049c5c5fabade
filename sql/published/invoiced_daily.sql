-- 1 row per row of daily with what the CCU invoice charges for it, and 1 row per day and label of what
-- the invoice has beyond: residual, and corrections of earlier periods. They add up to the CCU invoice
-- before tax, of the days whose bill is known. Nothing is shared out here.
with usage as (
    select
        booked.* exclude (billed_cost_usd, llm_model, resource_group, is_legacy),
        case
            when not coalesce(known.is_known, false) then null
            when booked.is_legacy then 0
            else booked.contracted_cost_usd
        end as billed_cost_usd,
    from metered_daily as booked
    left join billed_days as known on booked.usage_day = known.usage_day
),

invoiced as (
    select
        charge.usage_day,
        case when charge.is_correction then 'correction' else 'residual' end as label,
        -- One amount that is unknown leaves the sum unknown.
        case when count(charge.amount_usd) = count(*) then sum(charge.amount_usd) end as amount_usd,
    from billed as charge
    inner join billed_days as known on charge.usage_day = known.usage_day and known.is_known
    where charge.kind = 'ccu' and charge.charge_type <> 'tax'
    group by charge.usage_day, label
),

expected as (
    select
        usage_day,
        'residual' as label,
        sum(billed_cost_usd) as amount_usd,
    from usage
    where billed_cost_usd is not null and getvariable('sees_everything')
    group by usage_day
),

beyond as (
    select
        usage_day,
        label,
        case
            when invoiced.label is null then -expected.amount_usd
            else invoiced.amount_usd - coalesce(expected.amount_usd, 0)
        end as billed_cost_usd,
    from invoiced
    full outer join expected using (usage_day, label)
)

select *
from usage
union all by name
select
    usage_day,
    label,
    'complete' as cost_status,
    0 as requests,
    0 as input_tokens,
    0 as output_tokens,
    0 as cache_read_tokens,
    0 as cache_write_5m_tokens,
    0 as cache_write_1h_tokens,
    cast(0 as decimal(38, 15)) as list_cost_usd,
    cast(0 as decimal(38, 15)) as measured_cost_usd,
    cast(0 as decimal(38, 15)) as calibrated_cost_usd,
    cast(0 as decimal(38, 15)) as estimated_cost_usd,
    cast(0 as decimal(38, 15)) as contracted_cost_usd,
    billed_cost_usd,
    cast(0 as decimal(38, 15)) as cost_low_usd,
    cast(0 as decimal(38, 15)) as cost_high_usd,
    0 as cost_variance,
    0 as cost_deviation,
from beyond
