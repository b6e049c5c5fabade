-- 1 row per request of the scope, oldest first.
select
    booked.usage_time as time,
    call.correlation_id,
    booked.request_key::varchar as request_key,
    caller.oid,
    caller.display_name as name,
    unit.unit,
    llm_model.llm_model as model,
    client.client,
    booked.label,
    booked.input_tokens,
    booked.output_tokens,
    booked.cache_read_tokens,
    booked.cache_write_5m_tokens,
    booked.cache_write_1h_tokens,
    booked.usage_evidence,
    booked.cache_read_evidence,
    booked.cache_write_evidence,
    booked.list_cost_usd,
    booked.cost_status,
    booked.cost_low_usd,
    booked.cost_high_usd,
    booked.contracted_cost_usd,
    booked.billed_cost_usd,
from ledger as booked
left join requests as call on booked.request_key = call.request_key
left join callers as caller on booked.caller_id = caller.caller_id
left join units as unit on booked.unit_id = unit.unit_id
left join llm_models as llm_model on booked.llm_model_id = llm_model.llm_model_id
left join clients as client on booked.client_id = client.client_id
order by booked.usage_time, booked.request_key
