-- 1 row per node of a tree and run of days: what it was part of, NULL while it was a root. The runs of a
-- node cover all days read.
with nodes as (
    select member_id
    from roll_up.edges
    union
    select parent_id
    from roll_up.edges
),

runs as (
    select
        member_id,
        first_day,
        end_day,
    from roll_up.edges
    union all
    select
        member_id,
        getvariable('first_day') as first_day,
        getvariable('first_day') as end_day,
    from nodes
),

gaps as (
    select
        member_id,
        end_day as first_day,
        lead(first_day, 1, getvariable('last_day') + 1)
            over (partition by member_id order by first_day, end_day) as end_day,
    from runs
)

select *
from roll_up.edges
union all by name
select *
from gaps
where first_day < end_day
