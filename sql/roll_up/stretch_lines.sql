-- 1 row per caller, label, other keys asked for, and stretch of days without a change in the caller's
-- groups and in the tree above: few rows before any of them counts for several.
select
    line.caller_id,
    case when getvariable('by_unit') then line.unit_id end as unit_id,
    case
        when getvariable('by_manager') then shown_team(leader.parent_id, line.caller_id)
    end as manager_id,
    case when getvariable('by_model') then line.llm_model_id end as llm_model_id,
    case when getvariable('by_client') then line.client_id end as client_id,
    case when getvariable('by_day') then line.usage_day end as usage_day,
    line.label,
    in_groups.stretch_id as group_stretch_id,
    in_tree.stretch_id as tree_stretch_id,
    sum(line.requests) as requests,
    sum(line.input_tokens) as input_tokens,
    sum(line.output_tokens) as output_tokens,
    sum(line.cache_read_tokens) as cache_read_tokens,
    sum(line.cache_write_5m_tokens) as cache_write_5m_tokens,
    sum(line.cache_write_1h_tokens) as cache_write_1h_tokens,
    sum(line.list_cost_usd) as list_cost_usd,
    sum(line.measured_cost_usd) as measured_cost_usd,
    sum(line.calibrated_cost_usd) as calibrated_cost_usd,
    sum(line.contracted_cost_usd) as contracted_cost_usd,
    bool_and(line.cost_status = 'complete') as is_complete,
    bool_and(line.cost_status = 'unpriced') as is_unpriced,
    sum(line.cost_low_usd) as cost_low_usd,
    -- One amount without an upper bound leaves the sum without one.
    case when count(line.cost_high_usd) = count(*) then sum(line.cost_high_usd) end
        as cost_high_usd,
    sum(line.cost_variance) as cost_variance,
    sum(line.cost_deviation) as cost_deviation,
    -- A residual that is unknown on one day is unknown.
    case
        when
            bool_and(line.label not in ('residual', 'correction'))
            or count(line.billed_cost_usd) = count(*)
            then sum(line.billed_cost_usd)
    end as billed_cost_usd,
    sum(line.shared_cost_usd) as shared_cost_usd,
from billed_daily as line
left join roll_up.managers as leader
    on
        line.caller_id = leader.member_id
        and leader.first_day <= line.usage_day
        and line.usage_day < leader.end_day
left join roll_up.group_stretches as in_groups
    on
        line.caller_id = in_groups.member_id
        and in_groups.first_day <= line.usage_day
        and line.usage_day < in_groups.end_day
left join roll_up.tree_stretches as in_tree
    on
        in_tree.member_id
        = case getvariable('roll_up') when 'unit' then line.unit_id else line.caller_id end
        and in_tree.first_day <= line.usage_day
        and line.usage_day < in_tree.end_day
group by all
