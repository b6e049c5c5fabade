-- 1 row per principal of a kind told as a whole that is no longer named: it was deleted while nobody
-- looked.
select
    current.* exclude (deleted, deleted_at, valid_from, valid_to, recorded_from, recorded_to),
    true as is_whole,
    []::varchar[] as properties,
    true as deleted,
    null::timestamp as deleted_at,
from warehouse.directory.principals as current
where
    list_contains(getvariable('whole_kinds')::varchar[], current.kind)
    and not current.deleted
    and current.valid_to = getvariable('forever')
    and current.recorded_to = getvariable('forever')
    and current.oid not in (select oid from observed)
