-- 1 row per usage day that the metric points of one load are of, from the first day of the gateway's
-- log on: before it there is nothing to hold them against.
select distinct day_key
from warehouse.staging.metric_points
where
    load_id = getvariable('load_id')
    and day_key >= (select min(day_key) from warehouse.staging.gateway_requests)
