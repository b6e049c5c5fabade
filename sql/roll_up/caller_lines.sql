-- As published, with groups, managers and roll-ups: 1 row per caller, label and combination of the keys
-- asked for. What one caller's costs may be off by adds up, so it is known from here on.
select
    line.caller_id,
    case when getvariable('roll_up') = 'unit' then line.node_id else line.unit_id end as unit_id,
    case when getvariable('roll_up') = 'unit' then place.parent_id end as parent_unit_id,
    line.group_id,
    case when getvariable('roll_up') = 'manager' then line.node_id else line.manager_id end
        as manager_id,
    case when line.is_roll_up or line.node_id is not null then coalesce(place.level, 0) end
        as level,
    line.is_roll_up,
    bool_or(line.overlaps) as overlaps,
    line.llm_model_id,
    line.client_id,
    line.usage_day,
    line.label,
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
    bool_and(line.is_complete) as is_complete,
    bool_and(line.is_unpriced) as is_unpriced,
    sum(line.cost_low_usd) as cost_low_usd,
    case when count(line.cost_high_usd) = count(*) then sum(line.cost_high_usd) end
        as cost_high_usd,
    doubt_usd(sum(line.cost_variance), sum(line.cost_deviation)) as doubt,
    case
        when
            bool_and(line.label not in ('residual', 'correction'))
            or count(line.billed_cost_usd) = count(*)
            then sum(line.billed_cost_usd)
    end as billed_cost_usd,
    sum(line.shared_cost_usd) as shared_cost_usd,
from roll_up.counted_lines as line
left join roll_up.places as place
    on
        line.node_id = place.node_id
        and case when line.is_roll_up then line.is_root = place.is_root else place.is_last end
group by all
