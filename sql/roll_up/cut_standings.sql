-- 1 row per node of a tree and run of days, as in standings, with the smallest node of each circle as a
-- root while the circle lasts.
with moments as (
    select
        member_id,
        unnest([first_day, end_day]) as day,
    from roll_up.standings
    where member_id in (select member_id from roll_up.circles)
    union
    select
        member_id,
        unnest([first_day, end_day]) as day,
    from roll_up.circles
),

pieces as (
    select
        member_id,
        day as first_day,
        lead(day) over (partition by member_id order by day) as end_day,
    from moments
)

select
    piece.member_id,
    case when circle.member_id is null then standing.parent_id end as parent_id,
    piece.first_day,
    piece.end_day,
from pieces as piece
inner join roll_up.standings as standing
    on
        piece.member_id = standing.member_id
        and standing.first_day <= piece.first_day
        and piece.end_day <= standing.end_day
left join roll_up.circles as circle
    on
        piece.member_id = circle.member_id
        and circle.first_day <= piece.first_day
        and piece.end_day <= circle.end_day
union all by name
select *
from roll_up.standings
where member_id not in (select member_id from roll_up.circles)
