-- 1 row per principal and span of time: who answers for it, as known now.
select
    oid,
    owner_oid,
    valid_from,
    valid_to,
from reviewed.owners
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
