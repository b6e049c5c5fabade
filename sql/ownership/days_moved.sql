-- 1 row per usage day on which the log knows somebody who belongs to another unit on it than before.
-- Only days from moved_from on are read.
with calls as (
    select backend_oid as oid, day_key
    from warehouse.staging.gateway_requests
    where day_key >= getvariable('moved_from')
    union all
    select response_oid as oid, day_key
    from warehouse.staging.gateway_requests
    where day_key >= getvariable('moved_from')
    union all
    select trace_oid as oid, day_key
    from warehouse.staging.gateway_requests
    where day_key >= getvariable('moved_from')
    union all
    select owned.oid, call.day_key
    from warehouse.staging.gateway_requests as call
    inner join warehouse.seeds.subscriptions as owned using (apim_subscription_id)
    where call.day_key >= getvariable('moved_from')
    union all
    -- A trace and its request may stand on two sides of midnight.
    select trace.oid, trace.day_key + shifts.shift as day_key
    from warehouse.staging.caller_traces as trace
    cross join (select unnest([-1, 0, 1]) as shift) as shifts
    where
        trace.day_key >= getvariable('moved_from') - 1
        and trace.day_key + shifts.shift in (
            select known.day_key
            from warehouse.staging.gateway_requests as known
        )
)

select distinct calls.day_key
from calls
inner join ownership.moved as moved
    on
        calls.oid = moved.oid
        and moved.valid_from < calls.day_key + interval 1 day
        and calls.day_key < moved.valid_to
