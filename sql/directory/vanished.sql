-- 1 row per principal that a full round no longer names: it was deleted while nobody looked.
select current.* exclude (deleted, valid_from, valid_to, recorded_from, recorded_to)
from warehouse.directory.principals as current
where
    current.kind = getvariable('kind')
    and not current.deleted
    and current.valid_to = getvariable('forever')
    and current.recorded_to = getvariable('forever')
    and current.oid not in (select oid from observed)
