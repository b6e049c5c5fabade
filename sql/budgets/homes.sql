-- 1 row per series: the unit whose holidays count for it, '' for that of all others. For a user it is
-- the unit they were in on the last day, or before.
select
    subject.series_id,
    coalesce(
        case when subject.subject_kind = 'unit' then subject.subject else unit.unit end, ''
    ) as unit,
from budgets.subjects as subject
left join (
    select
        caller_id,
        arg_max(unit_id, valid_from) as unit_id,
    from memory.main.ownership
    where valid_from <= getvariable('last_day')
    group by caller_id
) as home on subject.caller_id = home.caller_id
left join units as unit on home.unit_id = unit.unit_id
order by subject.series_id
