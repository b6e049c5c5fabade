-- 1 row per node of a tree and run of days in which nothing changed above it, with the rows it counts
-- for. Who sees no small parts sees nobody beside their own team: the difference would be one person.
with moments as (
    select
        member_id,
        unnest([first_day, end_day]) as day,
    from roll_up.paths
),

pieces as (
    select
        member_id,
        day as first_day,
        lead(day) over (partition by member_id order by day) as end_day,
    from (select distinct member_id, day from moments)
)

select
    row_number() over () as stretch_id,
    piece.member_id,
    piece.first_day,
    piece.end_day,
    list({'node_id': path.node_id, 'is_root': path.parent_id is null})
        filter (
            path.node_id in (select node_id from roll_up.places where is_rolled_up)
            and not (
                path.node_id = path.member_id
                and getvariable('roll_up') = 'manager'
                and getvariable('merges_small_parts')
            )
        ) as nodes,
from pieces as piece
inner join roll_up.paths as path
    on
        piece.member_id = path.member_id
        and path.first_day <= piece.first_day
        and piece.end_day <= path.end_day
group by piece.member_id, piece.first_day, piece.end_day
