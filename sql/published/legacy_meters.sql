-- 1 row per day, resource group and model that per-model meters billed: that usage is not on the CCU
-- invoice. Without amounts, so that every viewer's rows are told apart in the same way.
select distinct
    usage_day,
    resource_group,
    llm_model,
from read_parquet(getvariable('billed_files'))
where
    kind = 'legacy'
    and charge_type in ('usage', 'purchase')
    and not is_correction
    and usage_day between getvariable('first_day') and getvariable('last_day')
