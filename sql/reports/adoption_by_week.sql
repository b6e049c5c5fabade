-- 1 row per week of the month, by its Monday, and unit if asked for: who was entitled at any moment of
-- its days in the month, and who used Claude on them.
with weeks as (
    select
        monday::date as week,
        greatest(monday, getvariable('month_from')) as week_from,
        least(monday + interval 7 days, getvariable('month_to')) as week_to,
    from generate_series(
        date_trunc('week', getvariable('month_from')),
        getvariable('month_to') - interval 1 microsecond,
        interval 7 days
    ) as mondays (monday)
),

entitled as (
    select distinct
        weeks.week,
        entitlement.caller_id,
    from weeks
    inner join entitlements as entitlement
        on entitlement.valid_from < weeks.week_to and weeks.week_from < entitlement.valid_to
),

used as (
    select
        date_trunc('week', usage_day)::date as week,
        caller_id,
        sum(requests) as requests,
        sum(list_cost_usd) as list_cost_usd,
    from adoption.days
    group by all
),

told as (
    select
        coalesce(entitled.week, used.week) as week,
        person.unit,
        entitled.caller_id as entitled_id,
        used.caller_id as active_id,
        person.first_use,
        used.requests,
        used.list_cost_usd,
    from entitled
    full outer join used using (week, caller_id)
    inner join adoption.people as person
        on coalesce(entitled.caller_id, used.caller_id) = person.caller_id and person.is_person
)

select
    case when getvariable('by_unit') then told.unit end as unit,
    weeks.week,
    case when exists (from entitlements) then count(told.entitled_id) end::integer as entitled,
    count(told.active_id)::integer as active,
    count_if(weeks.week_from <= told.first_use and told.first_use < weeks.week_to)::integer
        as first_time,
    coalesce(sum(told.requests), 0)::bigint as requests,
    case
        when count(told.active_id) = 0 then 0::decimal(38, 15)
        else sum(told.list_cost_usd)
    end as list_cost_usd,
    per_head_usd(sum(told.list_cost_usd), count(told.active_id)) as cost_per_active_usd,
from weeks
left join told on weeks.week = told.week
where not getvariable('by_unit') or told.unit is not null
group by 1, weeks.week
order by 1, weeks.week
