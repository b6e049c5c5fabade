-- 1 row per row of the window that has a key, and per gateway row without a time: the keys for which
-- a row of the days around can matter.
select as_key(correlation_id, item_id) as key
from warehouse.staging.gateway_requests
where
    day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
    and coalesce(request_time, ingested_at) >= getvariable('window_from')
    and coalesce(request_time, ingested_at) < getvariable('window_to')
union all
select as_key(correlation_id, item_id) as key
from warehouse.staging.llm_rows
where
    day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
    and coalesce(row_time, ingested_at) >= getvariable('window_from')
    and coalesce(row_time, ingested_at) < getvariable('window_to')
union all
select as_key(correlation_id, item_id) as key
from warehouse.staging.gateway_requests
where
    request_time is null
    and day_key not between getvariable('first_day') and getvariable('last_day')
