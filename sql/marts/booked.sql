-- 1 row per request of one usage day that reached a model, with narrow keys instead of text.
select
    charge.request_key,
    charge.usage_time,
    caller.caller_id,
    charge.caller_evidence,
    unit.unit_id,
    llm_model.llm_model_id,
    deployment.deployment_id,
    charge.deployment_evidence,
    charge.speed,
    client.client_id,
    charge.input_tokens::integer as input_tokens,
    charge.output_tokens::integer as output_tokens,
    charge.cache_read_tokens::integer as cache_read_tokens,
    charge.cache_write_5m_tokens::integer as cache_write_5m_tokens,
    charge.cache_write_1h_tokens::integer as cache_write_1h_tokens,
    charge.usage_evidence,
    charge.cache_read_evidence,
    charge.cache_write_evidence,
    charge.label,
    charge.price_id,
    charge.cost_status,
    charge.list_cost_usd,
    charge.contracted_cost_usd,
    charge.billed_cost_usd,
    charge.cost_low_usd,
    charge.cost_high_usd,
    charge.calibrated_cost_usd,
    charge.estimated_cost_usd,
    charge.cost_variance,
from ledger.charges as charge
left join warehouse.directory.callers as caller on charge.caller_oid = caller.oid::uuid
left join warehouse.dimension.units as unit on charge.unit = unit.unit
left join warehouse.dimension.llm_models as llm_model on charge.llm_model = llm_model.llm_model
left join warehouse.dimension.deployments as deployment
    on
        charge.deployment = deployment.deployment
        and charge.account is not distinct from deployment.account
left join warehouse.dimension.clients as client on charge.client = client.client
where charge.usage_day = getvariable('usage_day')
