-- 1 row per usage day that the token metrics of one load are of.
select distinct time_generated::date as day_key
from warehouse.raw.app_metrics
where load_id = getvariable('load_id') and time_generated is not null
