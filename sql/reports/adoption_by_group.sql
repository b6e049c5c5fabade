-- 1 row per group that Claude is rolled out to: how many of its people used Claude up to the month's
-- end, and on which days the first and the last of them began. Who is in several groups counts in each.
select
    "group",
    group_oid,
    count(caller_id)::integer as members,
    count(first_use)::integer as arrived,
    count_if(caller_id is not null and first_use is null)::integer as not_arrived,
    share_of(count(first_use), count(caller_id)) as arrived_share,
    min(first_use) as first_arrival,
    max(first_use) as last_arrival,
from adoption.members
group by "group", group_oid
order by "group", group_oid
