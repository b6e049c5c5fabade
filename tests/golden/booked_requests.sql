-- 1 row per booked request with names instead of surrogates, for comparison with a truth or a run.
select
    call.correlation_id,
    booked.usage_time,
    caller.oid,
    booked.caller_evidence,
    unit.unit,
    llm_model.llm_model,
    deployment.deployment,
    booked.speed,
    client.client,
    booked.input_tokens,
    booked.output_tokens,
    booked.cache_read_tokens,
    booked.cache_write_5m_tokens,
    booked.cache_write_1h_tokens,
    booked.usage_evidence,
    booked.cache_read_evidence,
    booked.cache_write_evidence,
    booked.label,
    booked.price_id,
    booked.cost_status,
    booked.list_cost_usd,
    booked.contracted_cost_usd,
    booked.cost_low_usd,
    booked.cost_high_usd,
    call.has_gateway_row,
    call.item_id,
from ledger as booked
inner join requests as call on booked.request_key = call.request_key
left join callers as caller on booked.caller_id = caller.caller_id
left join units as unit on booked.unit_id = unit.unit_id
left join llm_models as llm_model on booked.llm_model_id = llm_model.llm_model_id
left join deployments as deployment on booked.deployment_id = deployment.deployment_id
left join clients as client on booked.client_id = client.client_id
order by booked.usage_time, booked.request_key
