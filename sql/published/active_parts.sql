-- 1 row per unit, group or team and person who used something in it on the days read, of what the viewer
-- may see and without the viewer. A group or team 0 are those in none.
with used as (
    select distinct
        caller_id,
        unit_id,
        usage_day,
    from read_parquet(getvariable('daily_files'))
    where
        caller_id is not null
        and caller_id not in (select caller_id from visible_callers)
        and (
            getvariable('sees_everything')
            or unit_id in (select unit_id from visible_units)
        )
),

active as (
    select distinct
        caller_id,
        usage_day,
    from used
)

select distinct
    'unit' as kind,
    unit_id as part_id,
    caller_id,
from used
where unit_id is not null
union all
select distinct
    'group' as kind,
    coalesce(membership.group_id, 0) as part_id,
    active.caller_id,
from active
left join read_parquet(getvariable('memberships_files')) as membership
    on
        active.caller_id = membership.caller_id
        and membership.valid_from < active.usage_day + 1
        and active.usage_day < membership.valid_to
union all
select distinct
    'team' as kind,
    coalesce(line.manager_id, 0) as part_id,
    active.caller_id,
from active
left join read_parquet(getvariable('managers_files')) as line
    on
        active.caller_id = line.caller_id
        and line.valid_from <= active.usage_day
        and active.usage_day < line.valid_to
