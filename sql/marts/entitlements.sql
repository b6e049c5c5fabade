-- 1 row per caller, way and span of time in which the Claude application was assigned to them, as known
-- now: directly, or through a group that they were in while it was assigned.
with known as (
    select
        kind,
        source_oid,
        target_oid,
        valid_from,
        valid_to,
    from warehouse.directory.links
    where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
),

assigned as (
    select
        target_oid,
        valid_from,
        valid_to,
    from known
    where kind = 'assignment'
),

ways as (
    select
        target_oid as oid,
        null as group_oid,
        valid_from,
        valid_to,
    from assigned
    union all by name
    select
        member.target_oid as oid,
        assigned.target_oid as group_oid,
        greatest(assigned.valid_from, member.valid_from) as valid_from,
        least(assigned.valid_to, member.valid_to) as valid_to,
    from assigned
    inner join known as member
        on
            member.kind = 'member'
            and assigned.target_oid = member.source_oid
            and assigned.valid_from < member.valid_to
            and member.valid_from < assigned.valid_to
)

select
    caller.caller_id,
    ways.group_oid is null as is_direct,
    belonging.group_id,
    ways.valid_from,
    ways.valid_to,
from ways
inner join warehouse.directory.callers as caller on ways.oid = caller.oid
left join marts.groups as belonging on ways.group_oid = belonging.group_oid
order by caller.caller_id, belonging.group_id nulls first, ways.valid_from
