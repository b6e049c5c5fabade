-- 1 row per unit with a calendar and span of time, as known at known_at.
select
    unit,
    country,
    subdivision,
    valid_from,
    valid_to,
from calendars
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
order by unit, valid_from
