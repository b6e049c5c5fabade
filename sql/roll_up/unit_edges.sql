-- 1 row per unit and run of the days read at whose start, 00:00 UTC, it was part of another. Of two at
-- once the later one counts, so that nothing is counted twice.
with days as (
    select
        unit_id as member_id,
        parent_unit_id as parent_id,
        greatest(first_midnight(valid_from), getvariable('first_day')) as first_day,
        least(first_midnight(valid_to), getvariable('last_day') + 1) as end_day,
    from unit_tree
),

ended as (
    select
        member_id,
        parent_id,
        first_day,
        least(
            end_day,
            lead(first_day) over (partition by member_id order by first_day, end_day, parent_id)
        ) as end_day,
    from days
    where first_day < end_day
)

select *
from ended
where first_day < end_day
