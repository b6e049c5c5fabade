-- 1 row per price row, with a narrow id of its own and one of its model.
select
    row_number() over (order by model, price_id)::utinyint as price_number,
    dense_rank() over (order by model)::utinyint as model_id,
    *,
from read_parquet(getvariable('prices'))
