-- 1 row per allocation and row of daily that may bear a part of it. What never passed the gateway bears
-- nothing of the gateway's cost; what the bridge leaves may come from there too.
select
    allocation.allocation_id,
    allocation.method,
    daily.usage_day,
    daily.caller_id,
    daily.unit_id,
    daily.llm_model_id,
    daily.deployment_id,
    daily.client_id,
    daily.label,
    daily.cost_status,
    daily.requests,
    coalesce(daily.input_tokens, 0)
    + coalesce(daily.output_tokens, 0)
    + coalesce(daily.cache_read_tokens, 0)
    + coalesce(daily.cache_write_5m_tokens, 0)
    + coalesce(daily.cache_write_1h_tokens, 0) as tokens,
    greatest(units_of_usd(coalesce(daily.contracted_cost_usd, 0)), 0) as cost_units,
from allocation.allocations as allocation
inner join daily
    on allocation.first_day <= daily.usage_day and daily.usage_day < allocation.end_day
where
    allocation.method <> 'central'
    and (daily.label <> 'outside_gateway' or allocation.shared_cost = 'residual')
