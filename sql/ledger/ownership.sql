-- 1 row per principal and span of time: the unit it belonged to, as known now.
-- Cost center, else department, else the visible last resort.
select
    try_cast(oid as uuid) as oid,
    coalesce(cost_center, department, 'Unassigned') as unit,
    case
        when cost_center is not null then 'cost_center'
        when department is not null then 'department'
        else 'last_resort'
    end as unit_rule,
    valid_from,
    valid_to,
from warehouse.directory.principals
where recorded_to > getvariable('known_at') and recorded_from <= getvariable('known_at')
