-- 1 row per combination of the keys asked for, and label. Keys not asked for are NULL throughout. With
-- the labels residual and correction, billed costs add up to the CCU invoice before tax; by group and
-- with roll-ups, a request stands in every row it counts for.
select
    case when getvariable('by_user') then caller.oid end as oid,
    case when getvariable('by_user') then caller.display_name end as name,
    unit.unit,
    parent.unit as parent_unit,
    belonging."group",
    belonging.group_oid,
    leader.oid as manager_oid,
    case when line.manager_id = -1 then 'Small teams' else leader.display_name end as manager,
    line.level,
    line.is_roll_up,
    llm_model.llm_model as model,
    client.client,
    line.usage_day as day,
    line.label,
    bool_or(line.overlaps) as overlaps,
    sum(line.requests)::bigint as requests,
    sum(line.input_tokens)::bigint as input_tokens,
    sum(line.output_tokens)::bigint as output_tokens,
    sum(line.cache_read_tokens)::bigint as cache_read_tokens,
    sum(line.cache_write_5m_tokens)::bigint as cache_write_5m_tokens,
    sum(line.cache_write_1h_tokens)::bigint as cache_write_1h_tokens,
    sum(line.list_cost_usd) as list_cost_usd,
    case
        when coalesce(bool_and(line.is_complete), true) then 'complete'
        when bool_and(line.is_unpriced) then 'unpriced'
        else 'partial'
    end as cost_status,
    least_usd(sum(line.cost_low_usd), sum(line.measured_cost_usd), sqrt(sum(line.doubt ^ 2)))
        as cost_low_usd,
    case
        when count(line.cost_high_usd) = count(*)
            then most_usd(sum(line.cost_high_usd), sqrt(sum(line.doubt ^ 2)))
    end as cost_high_usd,
    sum(line.contracted_cost_usd) as contracted_cost_usd,
    case
        when
            bool_and(line.label not in ('residual', 'correction'))
            or count(line.billed_cost_usd) = count(*)
            then sum(line.billed_cost_usd)
    end as billed_cost_usd,
    -- Without any allocation in these months, it is not known that there is nothing to share.
    case
        when exists (select 1 from allocations where shared_cost <> 'residual')
            then coalesce(sum(line.shared_cost_usd), 0)
    end as shared_cost_usd,
    share_of(sum(line.measured_cost_usd), sum(line.list_cost_usd)) as measured_share,
    share_of(sum(line.calibrated_cost_usd), sum(line.list_cost_usd)) as calibrated_share,
from caller_lines as line
left join callers as caller on line.caller_id = caller.caller_id
left join units as unit on line.unit_id = unit.unit_id
left join units as parent on line.parent_unit_id = parent.unit_id
left join groups as belonging on line.group_id = belonging.group_id
left join callers as leader on line.manager_id = leader.caller_id
left join llm_models as llm_model on line.llm_model_id = llm_model.llm_model_id
left join clients as client on line.client_id = client.client_id
group by all
order by
    day nulls last,
    line.is_roll_up desc,
    list_cost_usd desc nulls last,
    unit.unit nulls last,
    oid nulls last,
    belonging.group_oid nulls last,
    manager_oid nulls last,
    manager nulls last,
    model nulls last,
    client.client nulls last,
    label
