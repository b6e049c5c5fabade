-- 1 row per caller not seen before, of the ledger or of the token metrics. Surrogates follow the keys of
-- first requests, so that their order tells nothing of object ids.
with seen as (
    select
        caller_oid::varchar as oid,
        min(request_key) as first_key,
    from ledger.attributed
    where caller_oid is not null
    group by caller_oid
    union all
    select
        oid,
        null as first_key,
    from ledger.metric_callers
    where oid is not null
),

newcomers as (
    select
        oid,
        min(first_key) as first_key,
        uuid() as chance,
    from seen
    where oid not in (select oid from warehouse.directory.callers)
    group by oid
)

select
    (
        coalesce((select max(caller_id) from warehouse.directory.callers), 0)
        + row_number() over (order by first_key, chance)
    )::integer as caller_id,
    oid,
from newcomers
