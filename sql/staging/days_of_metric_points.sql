-- 1 row per usage day that the metric points of one load are of.
select distinct day_key
from warehouse.staging.metric_points
where load_id = getvariable('load_id')
