-- 1 row per usage day on which the log knows somebody whom the directory knows only now. What is first
-- known of a person held before, so all of their days count; this reads the whole log, and is asked
-- only where there is such a person.
with newcomers as (
    select oid
    from changed
    where is_new
)

select day_key
from warehouse.staging.gateway_requests
where
    backend_oid in (select oid from newcomers)
    or response_oid in (select oid from newcomers)
    or trace_oid in (select oid from newcomers)
    or apim_subscription_id in (
        select owned.apim_subscription_id
        from warehouse.seeds.subscriptions as owned
        where owned.oid in (select oid from newcomers)
    )
union
select trace.day_key + shifts.shift as day_key
from warehouse.staging.caller_traces as trace
cross join (select unnest([-1, 0, 1]) as shift) as shifts
where trace.oid in (select oid from newcomers)
