-- 1 row per settled day and model: what is expected of the model, of the whole day, and what the day was
-- billed; rounding_usd is how far the rounding of hourly reports may part them.
with whole as (
    select
        usage_day,
        sum(expected_usd) as expected_usd,
        sum(billed_usd) as billed_usd,
    from bridge.days
    group by usage_day
    having bool_and(state = 'settled') and count(billed_usd) = count(*)
),

hours as (
    select
        usage_day,
        sum(hours) as hours,
    from bridge.hours
    group by usage_day
)

select
    whole.usage_day,
    usage.model,
    whole.expected_usd,
    whole.billed_usd,
    (coalesce(any_value(hours.hours), 24) * any_value(price.ccu_price_usd))::decimal(38, 15)
        as rounding_usd,
    sum(usage.contracted_usd) as model_expected_usd,
from whole
inner join bridge.usage as usage using (usage_day)
left join hours using (usage_day)
left join ccu_prices as price
    on price.valid_from <= whole.usage_day and whole.usage_day < price.valid_to
where not usage.is_legacy and usage.contracted_usd is not null
group by whole.usage_day, usage.model, whole.expected_usd, whole.billed_usd
order by whole.usage_day, usage.model
