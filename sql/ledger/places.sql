-- 1 row per combination of model, policy-written deployment, Foundry account and day that occurs, and part
-- of the day, with the deployment it means. Rungs, best first: the policy's own word, a host that only one
-- deployment of that model has, the only deployment of that model.
with combinations as (
    select distinct
        llm_model,
        policy_deployment,
        account,
        usage_day,
    from ledger.callers
),

edges as (
    -- A day on which a deployment begins, changes or ends has parts.
    select
        usage_day,
        usage_day::timestamp as part_from,
    from combinations
    union
    select
        valid_from::date as usage_day,
        valid_from as part_from,
    from ledger.deployments
    union
    select
        valid_to::date as usage_day,
        valid_to as part_from,
    from ledger.deployments
),

parts as (
    select
        usage_day,
        part_from,
        lead(part_from, 1, usage_day + interval 1 day)
            over (partition by usage_day order by part_from) as part_to,
    from edges
),

candidates as (
    select
        combinations.*,
        parts.part_from,
        parts.part_to,
        known.deployment,
        known.account as known_account,
        known,
        known.deployment = policy_deployment as is_named,
        known.account = combinations.account as is_on_host,
        known.model = combinations.llm_model as is_of_model,
    from combinations
    inner join parts on combinations.usage_day = parts.usage_day
    left join ledger.deployments as known
        on known.valid_from <= parts.part_from and parts.part_from < known.valid_to
),

counted as (
    select
        llm_model,
        policy_deployment,
        account,
        usage_day,
        part_from,
        part_to,
        count_if(is_named and is_on_host) as named_on_host,
        any_value(known) filter (where is_named and is_on_host) as by_name_and_host,
        count_if(is_named) as named,
        any_value(known) filter (where is_named) as by_name,
        count_if(is_of_model and is_on_host) as of_model_on_host,
        any_value(known) filter (where is_of_model and is_on_host) as by_host,
        count_if(is_of_model) as of_model,
        any_value(known) filter (where is_of_model) as by_model,
        bool_and(known.sku = 'GlobalStandard') filter (where is_of_model) as is_all_global,
        bool_and(known.sku = 'DataZoneStandard') filter (where is_of_model) as is_all_data_zone,
    from candidates
    group by llm_model, policy_deployment, account, usage_day, part_from, part_to
)

select
    llm_model,
    policy_deployment,
    account,
    usage_day,
    part_from,
    part_to,
    -- A deployment that only the policy knows may be in either zone, whatever the known ones are.
    coalesce(is_all_global and (policy_deployment is null or named > 0), false) as is_all_global,
    coalesce(is_all_data_zone and (policy_deployment is null or named > 0), false)
        as is_all_data_zone,
    case
        when policy_deployment is not null then 'policy'
        when of_model_on_host = 1 then 'backend_host'
        when of_model = 1 then 'only_deployment'
        else 'none'
    end as deployment_evidence,
    case
        when policy_deployment is not null and named_on_host = 1 then by_name_and_host
        when policy_deployment is not null and named = 1 then by_name
        when policy_deployment is not null then null
        when of_model_on_host = 1 then by_host
        when of_model = 1 then by_model
    end as place,
from counted
