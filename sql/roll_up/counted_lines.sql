-- 1 row per row of stretch_lines and group, unit or team it counts for: node_id is that unit or manager,
-- is_root whether it was one then. Rows that are rolled up come beside the others.
with by_group as (
    select
        line.*,
        unnest(
            case
                when getvariable('by_group')
                    then
                        coalesce(
                            in_groups.group_ids,
                            [shown_group(cast(null as integer), line.caller_id)]
                        )
                else [cast(null as integer)]
            end
        ) as group_id,
        coalesce(len(in_groups.group_ids) > 1, false) as overlaps,
    from roll_up.stretch_lines as line
    left join roll_up.group_stretches as in_groups
        on line.group_stretch_id = in_groups.stretch_id
),

rolled_up as (
    select
        line.*,
        unnest(
            case
                when getvariable('roll_up') = 'unit' then in_tree.nodes
                when line.caller_id is not null
                    then
                        -- Who has no manager and is none stands in nobody's row.
                        coalesce(
                            in_tree.nodes,
                            [
                                {
                                    'node_id': shown_team(cast(null as integer), line.caller_id),
                                    'is_root': true
                                }
                            ]
                        )
            end
        ) as node,
    from by_group as line
    left join roll_up.tree_stretches as in_tree on line.tree_stretch_id = in_tree.stretch_id
    where getvariable('roll_up') <> ''
)

select
    *,
    case getvariable('roll_up') when 'unit' then unit_id when 'manager' then manager_id end
        as node_id,
    cast(null as boolean) as is_root,
    false as is_roll_up,
from by_group
union all by name
select
    * exclude (node),
    node.node_id,
    node.is_root,
    true as is_roll_up,
from rolled_up
