-- 1 row per request of the window with caller, unit, model and deployment: all that a price needs.
select
    -- What the ladders were made of goes no further than a word on it.
    call.* exclude (
        llm_model, account, api_id, apim_subscription_id, caller_ip_address, backend_time_ms,
        last_error_source, client_oid, backend_oid, response_oid, trace_oid, client_deployment,
        backend_deployment, response_deployment, trace_deployment, client_speed, backend_speed,
        response_speed, trace_speed, believes_backend_oid, believes_backend_deployment,
        believes_backend_speed, credential_headers, row_time, ingested_at
    ),
    call.backend_oid is not null as has_backend_oid,
    call.backend_oid is not null and call.believes_backend_oid as has_policys_backend_oid,
    call.response_oid is not null as has_response_oid,
    call.trace_oid is not null as has_trace_oid,
    call.apim_subscription_id is not null as has_subscription,
    call.credential_headers is not null as has_logged_credential,
    call.llm_model as response_model,
    coalesce(call.llm_model, place.place.model) as llm_model,
    coalesce(place.place.deployment, call.policy_deployment) as deployment,
    coalesce(place.place.account, call.account) as account,
    place.place.hosting as hosting,
    place.place.sku as sku,
    place.deployment_evidence,
    -- Without a known SKU the request may have run in either zone the model is deployed in.
    case
        when place.place.sku = 'DataZoneStandard' then 'us_data_zone'
        when place.place.sku is null and place.is_all_data_zone then 'us_data_zone'
        else 'global'
    end as least_zone,
    case
        when place.place.sku = 'GlobalStandard' then 'global'
        when place.place.sku is null and place.is_all_global then 'global'
        else 'us_data_zone'
    end as dearest_zone,
    case when call.caller_oid is not null then coalesce(owner.unit, 'Unassigned') end as unit,
from ledger.callers as call
left join ledger.places as place
    on
        call.usage_day = place.usage_day
        and call.llm_model is not distinct from place.llm_model
        and call.policy_deployment is not distinct from place.policy_deployment
        and call.account is not distinct from place.account
        and place.part_from <= coalesce(call.usage_time, call.usage_day)
        and coalesce(call.usage_time, call.usage_day) < place.part_to
left join ledger.ownership as owner
    on
        call.caller_oid = owner.oid
        and owner.valid_from <= call.usage_time
        and call.usage_time < owner.valid_to
