-- 1 row per node of a tree and whether it was a root: what it was part of, and how many nodes were above
-- it, on the last such day. A row is added for whatever has parts on some day, circles cut; for a unit that was a
-- root on some days only also, or its other days would be in no root's row.
with states as (
    select
        member_id as node_id,
        parent_id is null as is_root,
        arg_max(parent_id, end_day) as parent_id,
        max(end_day) - 1 as last_day,
    from roll_up.standings
    group by all
),

levels as (
    select
        state.node_id,
        state.is_root,
        count(*) - 1 as level,
    from states as state
    inner join roll_up.paths as path
        on
            state.node_id = path.member_id
            and path.first_day <= state.last_day
            and state.last_day < path.end_day
    group by state.node_id, state.is_root
)

select
    state.*,
    levels.level::integer as level,
    row_number() over (partition by state.node_id order by state.last_day desc) = 1 as is_last,
    state.node_id in (select parent_id from roll_up.standings where parent_id is not null)
    -- Their own manager has a team of one.
    or state.node_id in (select parent_id from roll_up.edges where member_id = parent_id)
    or (
        getvariable('roll_up') = 'unit'
        and count(*) over (partition by state.node_id) = 2
    ) as is_rolled_up,
from states as state
inner join levels on state.node_id = levels.node_id and state.is_root = levels.is_root
