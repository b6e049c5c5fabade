-- 1 row per caller, label and combination of the other keys that a report asks for; keys not asked for
-- are NULL, and so are those of groups, managers and roll-ups, which sql/roll_up/caller_lines.sql knows.
-- What one caller's costs may be off by adds up, so it is known from here on.
select
    caller_id,
    case when getvariable('by_unit') then unit_id end as unit_id,
    cast(null as integer) as parent_unit_id,
    cast(null as integer) as group_id,
    cast(null as integer) as manager_id,
    cast(null as integer) as level,
    cast(null as boolean) as is_roll_up,
    cast(null as boolean) as overlaps,
    case when getvariable('by_model') then llm_model_id end as llm_model_id,
    case when getvariable('by_client') then client_id end as client_id,
    case when getvariable('by_day') then usage_day end as usage_day,
    label,
    sum(requests) as requests,
    sum(input_tokens) as input_tokens,
    sum(output_tokens) as output_tokens,
    sum(cache_read_tokens) as cache_read_tokens,
    sum(cache_write_5m_tokens) as cache_write_5m_tokens,
    sum(cache_write_1h_tokens) as cache_write_1h_tokens,
    sum(list_cost_usd) as list_cost_usd,
    sum(measured_cost_usd) as measured_cost_usd,
    sum(calibrated_cost_usd) as calibrated_cost_usd,
    sum(contracted_cost_usd) as contracted_cost_usd,
    bool_and(cost_status = 'complete') as is_complete,
    bool_and(cost_status = 'unpriced') as is_unpriced,
    sum(cost_low_usd) as cost_low_usd,
    -- One amount without an upper bound leaves the sum without one.
    case when count(cost_high_usd) = count(*) then sum(cost_high_usd) end as cost_high_usd,
    doubt_usd(sum(cost_variance), sum(cost_deviation)) as doubt,
    -- A residual that is unknown on one day is unknown.
    case
        when bool_and(label not in ('residual', 'correction')) or count(billed_cost_usd) = count(*)
            then sum(billed_cost_usd)
    end as billed_cost_usd,
    sum(shared_cost_usd) as shared_cost_usd,
from billed_daily
group by all
