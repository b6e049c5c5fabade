-- 1 row per combination of the keys asked for, and label. Keys not asked for are NULL throughout. With
-- the labels residual and correction, billed costs add up to the CCU invoice before tax.
with keyed as (
    select
        case when getvariable('by_user') then caller.oid end as oid,
        case when getvariable('by_user') then caller.display_name end as name,
        case when getvariable('by_unit') then unit.unit end as unit,
        case when getvariable('by_model') then llm_model.llm_model end as model,
        case when getvariable('by_client') then client.client end as client,
        case when getvariable('by_day') then booked.usage_day end as day,
        booked.* exclude (usage_day, unit_id, llm_model_id, deployment_id, client_id),
    from billed_daily as booked
    left join callers as caller on booked.caller_id = caller.caller_id
    left join units as unit on booked.unit_id = unit.unit_id
    left join llm_models as llm_model on booked.llm_model_id = llm_model.llm_model_id
    left join clients as client on booked.client_id = client.client_id
),

-- What one caller's costs are off by adds up; callers are off independently of each other.
callers_doubt as (
    select
        keyed.*,
        case
            when row_number() over own = 1
                then doubt_usd(sum(cost_variance) over own, sum(cost_deviation) over own) ^ 2
        end as squared_doubt,
    from keyed
    window own as (partition by oid, name, unit, model, client, day, label, caller_id)
)

select
    oid,
    name,
    unit,
    model,
    client,
    day,
    label,
    sum(requests)::bigint as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_5m_tokens)::bigint as cache_write_5m_tokens,
    sum(cache_write_1h_tokens)::bigint as cache_write_1h_tokens,
    sum(list_cost_usd) as list_cost_usd,
    case
        when bool_and(cost_status = 'complete') then 'complete'
        when bool_and(cost_status = 'unpriced') then 'unpriced'
        else 'partial'
    end as cost_status,
    greatest(
        sum(cost_low_usd) - round(sqrt(sum(squared_doubt)), 9)::decimal(38, 15),
        least(sum(cost_low_usd), sum(measured_cost_usd))
    ) as cost_low_usd,
    case
        when count(cost_high_usd) = count(*)
            then sum(cost_high_usd) + round(sqrt(sum(squared_doubt)), 9)::decimal(38, 15)
    end as cost_high_usd,
    sum(contracted_cost_usd) as contracted_cost_usd,
    -- A residual that is unknown on one day is unknown.
    case
        when label not in ('residual', 'correction') or count(billed_cost_usd) = count(*)
            then sum(billed_cost_usd)
    end as billed_cost_usd,
    cast(null as decimal(38, 15)) as shared_cost_usd,
    case
        when sum(list_cost_usd) > 0
            then (sum(measured_cost_usd) / sum(list_cost_usd))::decimal(7, 6)
    end as measured_share,
    case
        when sum(list_cost_usd) > 0
            then (sum(calibrated_cost_usd) / sum(list_cost_usd))::decimal(7, 6)
    end as calibrated_share,
from callers_doubt
group by oid, name, unit, model, client, day, label
order by
    day nulls last,
    list_cost_usd desc nulls last,
    unit nulls last,
    oid nulls last,
    model nulls last,
    client nulls last,
    label
