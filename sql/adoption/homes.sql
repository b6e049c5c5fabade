-- 1 row per caller: the unit they were in at the month's end.
select
    owner.caller_id,
    unit.unit,
from ownership as owner
inner join units as unit on owner.unit_id = unit.unit_id
where owner.valid_from < getvariable('month_to') and getvariable('month_to') <= owner.valid_to
