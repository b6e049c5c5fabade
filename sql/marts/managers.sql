-- 1 row per caller and span of time in which they reported to somebody, as known now. A manager who has
-- no surrogate is in no directory, and nobody's manager here.
select
    caller.caller_id,
    manager.caller_id as manager_id,
    link.valid_from,
    link.valid_to,
from warehouse.directory.links as link
inner join warehouse.directory.callers as caller on link.source_oid = caller.oid
inner join warehouse.directory.callers as manager on link.target_oid = manager.oid
where
    link.kind = 'manager'
    and link.recorded_from <= getvariable('known_at')
    and getvariable('known_at') < link.recorded_to
order by caller.caller_id, link.valid_from
