-- 1 row per node, node at or above it, and run of days: parent_id is what that other node was part of,
-- NULL where it was a root. In a circle the same rows come back after one turn, which ends it.
with recursive paths as (
    select
        member_id,
        member_id as node_id,
        parent_id,
        first_day,
        end_day,
    from roll_up.standings
    union
    select
        path.member_id,
        above.member_id as node_id,
        above.parent_id,
        greatest(path.first_day, above.first_day) as first_day,
        least(path.end_day, above.end_day) as end_day,
    from paths as path
    inner join roll_up.standings as above
        on
            path.parent_id = above.member_id
            and path.first_day < above.end_day
            and above.first_day < path.end_day
    where path.parent_id <> path.member_id
)

select *
from paths
