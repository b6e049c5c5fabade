-- 1 row per model name in usage near the window, with the price list's name for it: the reviewed alias,
-- else the name without its date.
select
    logged.model_name,
    coalesce(spelling.model, undated.model, as_llm_model(logged.model_name)) as llm_model,
from (select distinct model_name from ledger.usage_rows) as logged
left join warehouse.seeds.models as spelling
    on lower(trim(logged.model_name)) = spelling.model_name
left join warehouse.seeds.models as undated
    on as_llm_model(logged.model_name) = undated.model_name
