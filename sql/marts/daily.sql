-- 1 row per caller, unit, model, deployment, client, label and cost status of one usage day.
select
    getvariable('usage_day')::date as usage_day,
    caller_id,
    unit_id,
    llm_model_id,
    deployment_id,
    client_id,
    label,
    cost_status,
    count(*)::integer as requests,
    sum(input_tokens)::bigint as input_tokens,
    sum(output_tokens)::bigint as output_tokens,
    sum(cache_read_tokens)::bigint as cache_read_tokens,
    sum(cache_write_5m_tokens)::bigint as cache_write_5m_tokens,
    sum(cache_write_1h_tokens)::bigint as cache_write_1h_tokens,
    sum(list_cost_usd) as list_cost_usd,
    sum(contracted_cost_usd) as contracted_cost_usd,
    sum(billed_cost_usd) as billed_cost_usd,
    sum(cost_low_usd) as cost_low_usd,
    -- One request without an upper bound leaves the sum without one.
    case when count(cost_high_usd) = count(*) then sum(cost_high_usd) end as cost_high_usd,
from marts.ledger
group by caller_id, unit_id, llm_model_id, deployment_id, client_id, label, cost_status
order by caller_id, unit_id, llm_model_id, deployment_id, client_id, label, cost_status
