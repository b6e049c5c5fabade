-- 1 row per unit, group or team that is shown by itself: of at least smallest_group people. If all the
-- others together have fewer, they take the smallest of these with them, or they would tell on them.
with sizes as (
    select
        kind,
        part_id,
        count(*) as people,
    from active_parts
    group by kind, part_id
),

others as (
    select
        part.kind,
        count(distinct part.caller_id) as people,
    from active_parts as part
    inner join sizes
        on
            part.kind = sizes.kind
            and part.part_id = sizes.part_id
            and sizes.people < getvariable('smallest_group')
    group by part.kind
),

large as (
    select
        kind,
        part_id,
        row_number() over (partition by kind order by people, part_id) as place,
    from sizes
    where people >= getvariable('smallest_group')
)

select
    large.kind,
    large.part_id,
from large
left join others on large.kind = others.kind
where
    large.place > 1
    or others.people is null
    or others.people >= getvariable('smallest_group')
