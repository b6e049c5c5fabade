-- 1 row per value not seen before, with the next ids in the order of the values.
select
    (
        coalesce((select max(llm_model_id) from warehouse.dimension.llm_models), 0)
        + row_number() over (order by llm_model)
    )::smallint as llm_model_id,
    llm_model,
from (
    select llm_model from ledger.attributed where llm_model is not null
    union
    select llm_model from ledger.metered_deployments where llm_model is not null
)
where llm_model not in (select llm_model from warehouse.dimension.llm_models)
