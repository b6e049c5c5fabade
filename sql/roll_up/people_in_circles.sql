-- 1 row: how many people reported to themselves, over others or not, on the days read.
select count(distinct caller_id) as people
from (
    select unnest(node_ids) as caller_id
    from roll_up.circles
)
