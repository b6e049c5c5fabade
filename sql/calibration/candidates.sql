-- 1 row per model and deployment that may serve it, by their ids.
select distinct
    llm_model.llm_model_id as model,
    deployment.deployment_id as deployment,
from ledger.deployments as known
inner join warehouse.dimension.llm_models as llm_model on known.model = llm_model.llm_model
inner join warehouse.dimension.deployments as deployment
    on
        known.deployment = deployment.deployment
        and known.account is not distinct from deployment.account
order by model, deployment
