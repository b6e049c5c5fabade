-- 1 row per gateway row near the window, under its key. Of the day on either side only what shares a
-- key with the window, because a request that starts before midnight may be logged by the model side
-- after it. Branches, so that the storage can skip what none is about.
select
    *,
    as_key(correlation_id, item_id) as call_key,
from warehouse.staging.gateway_requests
where day_key between getvariable('first_day') and getvariable('last_day')
union all
select
    *,
    as_key(correlation_id, item_id) as call_key,
from warehouse.staging.gateway_requests
where
    (day_key = getvariable('first_day') - 1 or day_key = getvariable('last_day') + 1)
    and as_key(correlation_id, item_id) in (select key from ledger.near_keys)
union all
-- A request without a time may belong to any day: that of its usage.
select
    *,
    as_key(correlation_id, item_id) as call_key,
from warehouse.staging.gateway_requests
where
    request_time is null
    and day_key not between getvariable('first_day') - 1 and getvariable('last_day') + 1
