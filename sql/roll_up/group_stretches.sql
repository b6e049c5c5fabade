-- 1 row per caller and run of usage days with the groups they were in at any moment of each day.
with days as (
    select
        caller_id as member_id,
        group_id,
        greatest(valid_from::date, getvariable('first_day')) as first_day,
        least(first_midnight(valid_to), getvariable('last_day') + 1) as end_day,
    from memberships
),

held as (
    select *
    from days
    where first_day < end_day
),

pieces as (
    select
        member_id,
        day as first_day,
        lead(day) over (partition by member_id order by day) as end_day,
    from (
        select distinct
            member_id,
            unnest([first_day, end_day]) as day,
        from held
    )
)

select
    row_number() over () as stretch_id,
    piece.member_id,
    piece.first_day,
    piece.end_day,
    list(distinct held.group_id) as group_ids,
from pieces as piece
inner join held
    on
        piece.member_id = held.member_id
        and held.first_day <= piece.first_day
        and piece.end_day <= held.end_day
group by piece.member_id, piece.first_day, piece.end_day
