-- 1 row per caller not seen before, with the next surrogates in the order of their object ids.
select
    (
        coalesce((select max(caller_id) from warehouse.directory.callers), 0)
        + row_number() over (order by caller_oid)
    )::integer as caller_id,
    caller_oid::varchar as oid,
from (
    select distinct caller_oid
    from ledger.attributed
    where caller_oid is not null
)
where caller_oid::varchar not in (select oid from warehouse.directory.callers)
