-- 1 row per caller not seen before, of the ledger or of the token metrics, with the next surrogates
-- in the order of their object ids.
with seen as (
    select caller_oid::varchar as oid
    from ledger.attributed
    where caller_oid is not null
    union
    select oid
    from ledger.metric_callers
    where oid is not null
)

select
    (
        coalesce((select max(caller_id) from warehouse.directory.callers), 0)
        + row_number() over (order by oid)
    )::integer as caller_id,
    oid,
from seen
where oid not in (select oid from warehouse.directory.callers)
