-- 1 row per person or service that was entitled in the month or active in it. What depends on
-- assignments is NULL where none was ever read.
with known as (
    select exists (from entitlements) as reads_assignments
),

month as (
    select
        caller_id,
        count(*)::integer as active_days,
        sum(requests)::bigint as requests,
        sum(list_cost_usd) as list_cost_usd,
    from adoption.days
    group by caller_id
),

present as (
    select caller_id from adoption.entitled
    union
    select caller_id from month
),

described as (
    select
        caller.caller_id,
        caller.oid,
        caller.display_name as name,
        case
            when caller.kind = 'service_principal' then 'service_principal'
            when lower(caller.user_type) = 'guest' then 'guest'
            when caller.kind is not null then 'member'
            else 'unknown'
        end as kind,
        -- Who sees some units only sees the people of those.
        coalesce(home.unit, case when getvariable('sees_everything') then 'Unassigned' end) as unit,
        case when known.reads_assignments then coalesce(entitled.entitled_by, '') end as entitled_by,
        case when known.reads_assignments then entitled.caller_id is not null end as is_entitled,
        coalesce(entitled.is_entitled_at_end, false) as is_entitled_at_end,
        used.first_use,
        used.last_use,
        coalesce(month.active_days, 0) as active_days,
        coalesce(month.requests, 0) as requests,
        month.list_cost_usd,
        month.caller_id is not null as is_active,
        leaver.left_at,
    from present
    inner join callers as caller on present.caller_id = caller.caller_id
    cross join known
    left join adoption.homes as home on present.caller_id = home.caller_id
    left join adoption.entitled as entitled on present.caller_id = entitled.caller_id
    left join adoption.first_uses as used on present.caller_id = used.caller_id
    left join month on present.caller_id = month.caller_id
    left join adoption.leavers as leaver on present.caller_id = leaver.caller_id
)

select
    *,
    kind <> 'service_principal' as is_person,
    case when is_entitled is not null then is_entitled_at_end and first_use is null end
        as is_never_used,
    case
        when is_entitled is not null
            then is_entitled and coalesce(last_use <= getvariable('idle_since'), false)
    end as is_dormant,
    is_active and not is_entitled as is_active_without_assignment,
from described
where unit is not null
