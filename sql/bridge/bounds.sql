-- 1 row per settled day, resource group and cause whose amount nobody knows: between what the billed and
-- the expected cost may differ for it. NULL is "not limited".
-- cases are requests, or hourly reports.
with settled as (
    select usage_day, resource_group, is_whole_ccu
    from bridge.days
    where state = 'settled'
),

rules as (
    select *
    from billing_rules
)

select
    usage_day,
    resource_group,
    doubt as line,
    sum(requests)::bigint as cases,
    coalesce(sum(low_usd - list_usd), 0)::decimal(38, 15) as low_usd,
    -- Without any cost there is no upper bound either.
    case when count(high_usd - list_usd) = count(*) then sum(high_usd - list_usd) end as high_usd,
from bridge.usage
inner join settled using (usage_day, resource_group)
where not is_legacy
group by usage_day, resource_group, doubt
having low_usd <> 0 or high_usd is distinct from 0
union all by name
select
    usage_day,
    resource_group,
    'unbilled_refusals' as line,
    sum(requests)::bigint as cases,
    -sum(contracted_usd) as low_usd,
    cast(0 as decimal(38, 15)) as high_usd,
from bridge.usage
inner join settled using (usage_day, resource_group)
cross join rules
where not is_legacy and contracted_usd > 0 and regexp_matches(model, rules.unbilled_refusals, 'i')
group by usage_day, resource_group
union all by name
select
    usage_day,
    resource_group,
    'hourly_rounding' as line,
    coalesce(hours, 24)::bigint as cases,
    (-coalesce(hours, 24) * price.ccu_price_usd)::decimal(38, 15) as low_usd,
    (coalesce(hours, 24) * price.ccu_price_usd)::decimal(38, 15) as high_usd,
from settled
left join bridge.hours using (usage_day, resource_group)
left join ccu_prices as price
    on price.valid_from <= usage_day and usage_day < price.valid_to
-- Quantities with decimals were not rounded.
where is_whole_ccu
union all by name
select
    usage_day,
    resource_group,
    'outside_gateway' as line,
    requests_beyond_log as cases,
    cast(0 as decimal(38, 15)) as low_usd,
from bridge.hours
inner join settled using (usage_day, resource_group)
where
    requests_beyond_log > 0
    and not exists (select 1 from bridge.usage where doubt = 'outside_gateway')
