-- 1 row per principal and span of time: the unit it belonged to, as the ownership rules say now.
select
    try_cast(oid as uuid) as oid,
    unit,
    valid_from,
    valid_to,
from warehouse.directory.ownership
