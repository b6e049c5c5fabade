-- 1 row per caller of the benchmark's tenant, each in one unit for all time.
insert into warehouse.directory.principals by name
select
    md5('caller' || caller)::uuid::varchar as oid,
    'user' as kind,
    'Person ' || caller as display_name,
    true as account_enabled,
    printf('CC-%04d', caller % $units) as cost_center,
    false as deleted,
    timestamp '2025-01-01' as valid_from,
    timestamp '9999-12-31' as valid_to,
    timestamp '2025-01-01' as recorded_from,
    timestamp '9999-12-31' as recorded_to,
from range($callers) as people(caller)
