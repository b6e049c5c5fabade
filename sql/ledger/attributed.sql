-- 1 row per request of the window with caller, unit, model and deployment: all that a price needs.
select
    call.* exclude (llm_model, account),
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
    case when call.caller_oid is not null then coalesce(owner.unit_rule, 'not_in_directory') end
        as unit_rule,
from ledger.callers as call
left join ledger.places as place
    on
        call.usage_day = place.usage_day
        and call.llm_model is not distinct from place.llm_model
        and call.policy_deployment is not distinct from place.policy_deployment
        and call.account is not distinct from place.account
left join ledger.ownership as owner
    on
        call.caller_oid = owner.oid
        and owner.valid_from <= call.usage_time
        and call.usage_time < owner.valid_to
