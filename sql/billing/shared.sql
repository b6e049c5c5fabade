-- 1 row per charge, other than Claude's, that any cost source told: which shared cost it is by the first
-- rule that fits, and its USD, NULL where that is not known. What a rule calls not ours is left out.
with others as (
    select
        *,
        as_booked_day(charge_date, period_start, made_at) as usage_day,
        row_number() over () as charge_id,
    from billing.told
    where not is_claude_charge(publisher_type, publisher_name, names)
),

rules as (
    select *
    from warehouse.seeds.shared_costs
    where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
),

meters as (
    -- Patterns are compared once per meter and resource, and not per charge.
    select distinct
        names,
        resource_group,
        resource_id,
    from others
),

fitting as (
    select
        meters.names,
        meters.resource_group,
        meters.resource_id,
        rules.position,
        rules.shared_cost,
        rules.valid_from,
        rules.valid_to,
    from meters
    inner join rules
        on
            (rules.meter is null or fits(meters.names, rules.meter))
            and (rules.resource_group is null or fits(meters.resource_group, rules.resource_group))
            and (rules.resource is null or fits(meters.resource_id, rules.resource))
),

ruled as (
    select
        others.*,
        fitting.position,
        fitting.shared_cost,
    from others
    left join fitting
        on
            others.names is not distinct from fitting.names
            and others.resource_group is not distinct from fitting.resource_group
            and others.resource_id is not distinct from fitting.resource_id
            and fitting.valid_from <= others.usage_day
            and others.usage_day < fitting.valid_to
    qualify
        row_number() over (partition by others.charge_id order by fitting.position nulls last) = 1
)

select
    ruled.* exclude (charge_id),
    case
        when ruled.billing_currency = 'USD' then ruled.billing_amount
        when ruled.pricing_currency = 'USD' then ruled.pricing_amount
        when ruled.stated_amount_usd is not null then ruled.stated_amount_usd
        when ruled.billing_amount = 0 then 0
        else usd_of(ruled.billing_amount, rate.units_per_dollar)
    end as amount_usd,
from ruled
left join warehouse.seeds.exchange_rates as rate
    on
        ruled.billing_currency = rate.currency
        and rate.valid_from <= ruled.usage_day
        and ruled.usage_day < rate.valid_to
        and rate.recorded_from <= getvariable('known_at')
        and getvariable('known_at') < rate.recorded_to
where ruled.position is null or ruled.shared_cost is not null
