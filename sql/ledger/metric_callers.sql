-- 1 row per usage day of the window and caller that the gateway's token metrics show. Azure keeps
-- about a hundred values of a dimension, so these are few.
select
    time_generated::date as usage_day,
    as_oid(entry(header_entries(properties), 'oid')) as oid,
    min(item_id) as first_item_id,
from warehouse.raw.app_metrics
where
    time_generated >= getvariable('first_day')
    and time_generated < getvariable('last_day') + 1
group by all
