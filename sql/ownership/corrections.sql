-- 1 row per principal and span of time that finance puts into a unit, as known now.
select
    oid,
    unit,
    valid_from,
    valid_to,
    source as rule_source,
from reviewed.unit_corrections
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
