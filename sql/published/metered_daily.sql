-- 1 row per row of daily, with the resource group that its bill is under, '' if unknown, and whether
-- per-model meters bill it instead of CCU. Everything about the bill reads usage here.
with placed as (
    select
        booked.*,
        llm_model.llm_model,
        coalesce(
            account.resource_group,
            -- Where all accounts share one, an unknown deployment is in it too.
            (
                select any_value(resource_group)
                from accounts
                having count(distinct resource_group) = 1
            ),
            ''
        ) as resource_group,
    from memory.main.daily as booked
    left join llm_models as llm_model on booked.llm_model_id = llm_model.llm_model_id
    left join deployments as deployment on booked.deployment_id = deployment.deployment_id
    left join accounts as account on deployment.account = account.account
)

select
    placed.*,
    legacy.llm_model is not null as is_legacy,
from placed
left join legacy_meters as legacy
    on
        placed.usage_day = legacy.usage_day
        and placed.resource_group = legacy.resource_group
        and placed.llm_model = legacy.llm_model
