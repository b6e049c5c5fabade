-- 1 row per request with the CorrelationId or request key asked for: what was booked, and from what.
select
    call.correlation_id,
    call.request_key::varchar as request_key,
    call.usage_time,
    call.reached_model,
    call.method,
    call.url_path,
    call.response_code,
    call.backend_response_code,
    call.last_error_reason,
    call.has_gateway_row,
    call.item_id,
    call.ingested_at,
    (
        select
            list(
                {
                    'item_id': line.item_id,
                    'row_time': line.row_time,
                    'ingested_at': line.ingested_at,
                    'sequence_number': line.sequence_number,
                    'response_id': line.response_id,
                    'model_name': line.model_name,
                    'input_tokens': line.input_tokens,
                    'output_tokens': line.output_tokens,
                    'refused_counts': line.refused_counts
                }
                order by line.response_id, line.sequence_number, line.item_id
            )
        from usage_rows as line
        where line.request_key = call.request_key
    ) as llm_rows,
    caller.oid,
    caller.display_name,
    caller.kind,
    call.caller_id,
    call.caller_evidence,
    call.caller_conflict,
    call.malformed_oid,
    unit.unit,
    case when call.caller_id is not null then coalesce(owner.unit_rule, 'not_in_directory') end
        as unit_rule,
    owner.attribute as unit_attribute,
    owner.raw_value as unit_raw_value,
    owner.rule_source as unit_source,
    ruled.unit as ruled_unit,
    owner.valid_from as owner_from,
    owner.valid_to as owner_to,
    llm_model.llm_model,
    deployment.account,
    call.deployment,
    call.deployment_evidence,
    call.sku,
    call.speed,
    call.request_size_bytes,
    call.user_agent,
    client.client,
    booked.label,
    booked.cost_status,
    booked.input_tokens,
    booked.output_tokens,
    booked.cache_read_tokens,
    booked.cache_write_5m_tokens,
    booked.cache_write_1h_tokens,
    booked.usage_evidence,
    booked.cache_read_evidence,
    booked.cache_write_evidence,
    booked.list_cost_usd,
    booked.contracted_cost_usd,
    booked.billed_cost_usd,
    booked.cost_low_usd,
    booked.cost_high_usd,
    booked.price_id,
    price.zone,
    price.prompt_over_tokens,
    price.prompt_up_to_tokens,
    price.input_usd,
    price.output_usd,
    price.cache_read_usd,
    price.cache_write_5m_usd,
    price.cache_write_1h_usd,
    price.valid_from as price_from,
    price.valid_to as price_to,
    price.recorded_from as price_recorded_from,
    price.source as price_source,
    price.link as price_link,
    price.reviewer as price_reviewer,
from requests as call
left join ledger as booked on call.request_key = booked.request_key
left join callers as caller on call.caller_id = caller.caller_id
left join units as unit on booked.unit_id = unit.unit_id
left join llm_models as llm_model on booked.llm_model_id = llm_model.llm_model_id
left join deployments as deployment on booked.deployment_id = deployment.deployment_id
left join clients as client on booked.client_id = client.client_id
left join prices as price on booked.price_id = price.price_id
left join ownership as owner
    on
        call.caller_id = owner.caller_id
        and owner.valid_from <= call.usage_time
        and call.usage_time < owner.valid_to
left join units as ruled on owner.unit_id = ruled.unit_id
where
    call.correlation_id = getvariable('wanted')
    or call.request_key = try_cast(getvariable('wanted') as uuid)
order by call.usage_time, request_key
