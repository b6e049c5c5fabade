-- 1 row per group, caller and span of time in which the caller was in the group, as known now.
select
    belonging.group_id,
    caller.caller_id,
    link.valid_from,
    link.valid_to,
from warehouse.directory.links as link
inner join marts.groups as belonging on link.source_oid = belonging.group_oid
inner join warehouse.directory.callers as caller on link.target_oid = caller.oid
where
    link.kind = 'member'
    and link.recorded_from <= getvariable('known_at')
    and getvariable('known_at') < link.recorded_to
order by caller.caller_id, belonging.group_id, link.valid_from
