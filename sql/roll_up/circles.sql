-- 1 row per circle and run of days: member_id, the smallest id in it, is where it is cut; node_ids are
-- all that are in it.
with closed as (
    select
        member_id,
        first_day,
        end_day,
    from roll_up.paths
    where parent_id = member_id
)

select
    closed.member_id,
    closed.first_day,
    closed.end_day,
    list(distinct path.node_id order by path.node_id) as node_ids,
from closed
inner join roll_up.paths as path
    on
        closed.member_id = path.member_id
        and path.first_day <= closed.first_day
        and closed.end_day <= path.end_day
group by closed.member_id, closed.first_day, closed.end_day
having min(path.node_id) = closed.member_id
