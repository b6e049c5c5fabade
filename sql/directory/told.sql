-- 1 row per principal that a sync told something of. Of those deleted the bin tells more, in which
-- Graph keeps them for a while; of people in it whom neither the directory nor the log knows, nothing
-- is taken.
with gone as (
    select *
    from observed
    where deleted
    union all by name
    select *
    from vanished
),

recorded as (
    select
        oid,
        deleted,
    from warehouse.directory.principals
    where valid_to = getvariable('forever') and recorded_to = getvariable('forever')
),

calling as (
    -- Who called since the last build is no caller of the ledger yet.
    select oid
    from warehouse.directory.callers
    union
    select backend_oid as oid
    from warehouse.staging.gateway_requests
    where backend_oid in (select oid from binned)
    union
    select response_oid as oid
    from warehouse.staging.gateway_requests
    where response_oid in (select oid from binned)
    union
    select trace_oid as oid
    from warehouse.staging.gateway_requests
    where trace_oid in (select oid from binned)
    union
    select oid
    from warehouse.staging.caller_traces
    where oid in (select oid from binned)
),

found as (
    select binned.*
    from binned
    left join recorded
        on binned.oid = recorded.oid
    where
        binned.oid not in (select oid from observed where not deleted)
        and case
            when recorded.oid is null
                then binned.oid in (select oid from calling)
            else recorded.deleted or binned.oid in (select oid from gone)
        end
)

select *
from observed
where not deleted
union all by name
select *
from gone
where oid not in (select oid from found)
union all by name
select *
from found
