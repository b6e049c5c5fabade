-- 1 row per group that Claude is rolled out to and person in it at the month's end who never used it.
select
    "group",
    group_oid,
    oid,
    name,
    unit,
    account_enabled,
from adoption.members
where caller_id is not null and first_use is null
order by "group", group_oid, unit, name nulls last, caller_id
