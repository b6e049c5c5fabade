-- 1 row per caller, unit, model, deployment, client, label and cost status of one usage day; what the
-- platform counted beyond the log has a label and neither caller, unit nor client. Bounds are of
-- what is not known at all; what calibrated costs may be off by follows from cost_variance and
-- cost_deviation, as doubt_usd says.
with lines as (
    select
        *,
        1 as requests,
        deviation_of(cost_variance) as cost_deviation,
    from marts.booked
    union all by name
    select
        llm_model.llm_model_id,
        deployment.deployment_id,
        beyond.label,
        beyond.requests,
        beyond.input_tokens,
        beyond.output_tokens,
        beyond.cache_read_tokens,
        beyond.cache_write_5m_tokens,
        beyond.cache_write_1h_tokens,
        if(beyond.list_cost_usd is null, 'unpriced', 'complete') as cost_status,
        beyond.list_cost_usd,
        beyond.list_cost_usd as calibrated_cost_usd,
        0 * beyond.list_cost_usd as estimated_cost_usd,
        (beyond.list_cost_usd * (1 - coalesce(beyond.discount_rate, 0))::decimal(9, 8))
            ::decimal(38, 15) as contracted_cost_usd,
        beyond.list_cost_usd as cost_low_usd,
        beyond.list_cost_usd as cost_high_usd,
        beyond.cost_variance,
        deviation_of(beyond.cost_variance) as cost_deviation,
    from ledger.beyond as beyond
    left join warehouse.dimension.llm_models as llm_model on beyond.llm_model = llm_model.llm_model
    left join warehouse.dimension.deployments as deployment
        on
            beyond.deployment = deployment.deployment
            and beyond.account is not distinct from deployment.account
    where beyond.usage_day = getvariable('usage_day')
)

select
    getvariable('usage_day')::date as usage_day,
    caller_id,
    unit_id,
    llm_model_id,
    deployment_id,
    client_id,
    label,
    cost_status,
    sum(requests)::integer as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_5m_tokens)::bigint as cache_write_5m_tokens,
    sum(cache_write_1h_tokens)::bigint as cache_write_1h_tokens,
    sum(list_cost_usd) as list_cost_usd,
    sum(list_cost_usd) - sum(calibrated_cost_usd) - sum(estimated_cost_usd) as measured_cost_usd,
    sum(calibrated_cost_usd) as calibrated_cost_usd,
    sum(estimated_cost_usd) as estimated_cost_usd,
    sum(contracted_cost_usd) as contracted_cost_usd,
    -- What the invoice says is known where the bill is read, not here.
    cast(null as decimal(38, 15)) as billed_cost_usd,
    sum(cost_low_usd) as cost_low_usd,
    -- One request without an upper bound leaves the sum without one.
    case when count(cost_high_usd) = count(*) then sum(cost_high_usd) end as cost_high_usd,
    sum(cost_variance) as cost_variance,
    sum(cost_deviation) as cost_deviation,
from lines
group by caller_id, unit_id, llm_model_id, deployment_id, client_id, label, cost_status
order by caller_id, unit_id, llm_model_id, deployment_id, client_id, label, cost_status
