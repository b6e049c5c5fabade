-- 1 row per principal and span of time that a proposal puts into another unit, and that unit.
select
    oid,
    new_unit as unit,
    valid_from,
    valid_to,
from ownership.moved
