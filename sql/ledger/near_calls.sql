-- 1 row per gateway row near the window, under its key. The day on either side is read too, because
-- a request that starts before midnight may be logged by the model side after it. Two branches, so
-- that the storage can skip what neither is about.
select
    *,
    as_key(correlation_id, item_id) as call_key,
from warehouse.staging.gateway_requests
where day_key between getvariable('first_day') - 1 and getvariable('last_day') + 1
union all
-- A request without a time may belong to any day: that of its usage.
select
    *,
    as_key(correlation_id, item_id) as call_key,
from warehouse.staging.gateway_requests
where
    request_time is null
    and day_key not between getvariable('first_day') - 1 and getvariable('last_day') + 1
