-- 1 row per circle of units on the days read: which they are, and from when to when.
select
    string_agg(unit.unit, ', ' order by unit.unit) as units,
    circle.first_day,
    circle.end_day - 1 as last_day,
from roll_up.circles as circle
inner join units as unit on list_contains(circle.node_ids, unit.unit_id)
group by circle.member_id, circle.first_day, circle.end_day
order by circle.first_day, units
