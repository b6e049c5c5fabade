-- 1 row per raw value and span of time: the unit that is meant by it, as known now.
select
    attribute,
    value,
    unit,
    valid_from,
    valid_to,
from reviewed.unit_names
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
