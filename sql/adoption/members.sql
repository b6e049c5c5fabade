-- 1 row per person and group that Claude is rolled out to (those asked for, else those that it is
-- assigned to) in which they were at the month's end, and when they first used Claude.
with chosen as (
    select
        grouped.group_id,
        grouped.group_oid,
        grouped."group",
    from groups as grouped
    where
        list_contains(getvariable('rollout_groups')::varchar[], grouped.group_oid)
        or (
            len(getvariable('rollout_groups')::varchar[]) = 0
            and grouped.group_id in (
                select entitlement.group_id
                from entitlements as entitlement
                where
                    entitlement.valid_from < getvariable('month_to')
                    and getvariable('month_from') < entitlement.valid_to
            )
        )
)

select distinct
    chosen.group_oid,
    chosen."group",
    caller.caller_id,
    caller.oid,
    caller.display_name as name,
    coalesce(home.unit, 'Unassigned') as unit,
    caller.account_enabled,
    used.first_use,
from chosen
left join memberships as member
    on
        chosen.group_id = member.group_id
        and member.valid_from < getvariable('month_to')
        and getvariable('month_to') <= member.valid_to
left join callers as caller
    on member.caller_id = caller.caller_id and caller.kind is distinct from 'service_principal'
left join adoption.homes as home on caller.caller_id = home.caller_id
left join adoption.first_uses as used on caller.caller_id = used.caller_id
-- Of a group that is shown with other small ones nobody is told.
where member.caller_id is not null or not getvariable('merges_small_parts')
