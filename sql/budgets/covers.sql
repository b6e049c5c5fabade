-- 1 row per series of a unit, unit that is part of it, itself among them, and run of days.
select
    subject.series_id,
    path.member_id as unit_id,
    path.first_day,
    path.end_day,
from budgets.subjects as subject
inner join roll_up.paths as path on subject.unit_id = path.node_id
union all
select
    series_id,
    unit_id,
    getvariable('first_day') as first_day,
    getvariable('last_day') + 1 as end_day,
from budgets.subjects
where unit_id is not null and unit_id not in (select node_id from roll_up.paths)
