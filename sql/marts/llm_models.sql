-- 1 row per id of this dictionary.
select *
from warehouse.dimension.llm_models
order by llm_model_id
