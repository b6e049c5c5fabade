-- 1 row per request of the window with its caller and the rung of the ladder that named them.
-- A value on the backend side is not believed when the client itself sent that same value and
-- neither the response side nor the trace confirms it: there the policy did not override it.
with believed as (
    select
        *,
        coalesce(
            backend_oid is distinct from client_oid
            or backend_oid = response_oid
            or backend_oid = trace_oid,
            false
        ) as believes_backend_oid,
        backend_deployment is distinct from client_deployment
        or backend_deployment = response_deployment
        or backend_deployment = trace_deployment as believes_backend_deployment,
        backend_speed is distinct from client_speed
        or backend_speed = response_speed
        or backend_speed = trace_speed as believes_backend_speed,
    from ledger.requests
)

select
    believed.*,
    case
        when backend_oid is not null and believes_backend_oid then 'backend_header'
        when response_oid is not null then 'response_header'
        when trace_oid is not null then 'trace'
        when subscription.oid is not null then 'subscription'
        else 'none'
    end as caller_evidence,
    coalesce(
        case when believes_backend_oid then backend_oid end,
        response_oid,
        trace_oid,
        subscription.oid
    )::uuid as caller_oid,
    -- Two sides name different people, or a client put in a name that no policy replaced.
    coalesce(backend_oid <> response_oid, false)
    or coalesce(backend_oid <> trace_oid, false)
    or coalesce(response_oid <> trace_oid, false)
    or (backend_oid is not null and not believes_backend_oid) as caller_conflict,
    coalesce(
        case when believes_backend_deployment then backend_deployment end,
        response_deployment,
        trace_deployment
    ) as policy_deployment,
    coalesce(
        case when believes_backend_speed then backend_speed end,
        response_speed,
        trace_speed,
        'standard'
    ) as speed,
    coalesce(agent.client, 'Unknown') as client,
    coalesce(agent.is_outdated_desktop, false) as is_outdated_desktop,
    coalesce(agent.names_proxy, false) as names_proxy,
    split_part(backend_host, '.', 1) as account,
from believed
left join ledger.user_agents as agent on believed.user_agent = agent.user_agent
left join warehouse.seeds.subscriptions as subscription
    on
        believed.apim_subscription_id = subscription.apim_subscription_id
        and subscription.valid_from <= believed.usage_time
        and believed.usage_time < subscription.valid_to
        and subscription.recorded_from <= getvariable('known_at')
        and getvariable('known_at') < subscription.recorded_to
