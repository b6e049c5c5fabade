-- 1 row per settled day and resource group with usage of known cost: what a constant factor explains of
-- the difference between billed and expected.
select
    usage_day,
    resource_group,
    sum((usage.contracted_usd * getvariable('factor_less_one')::decimal(12, 8))::decimal(38, 15))
        as amount_usd,
from bridge.usage as usage
inner join bridge.days as day using (usage_day, resource_group)
where
    day.state = 'settled'
    and not usage.is_legacy
    -- Of usage without any known cost a factor says nothing.
    and usage.contracted_usd is not null
    and (getvariable('factor_model') is null or usage.model = getvariable('factor_model'))
group by usage_day, resource_group
