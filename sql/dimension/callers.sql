-- 1 row per caller not seen before, of the ledger or of the token metrics. Surrogates follow the ids of
-- first requests, else of first metric rows, so that their order tells nothing of object ids.
with seen as (
    select
        caller_oid::varchar as oid,
        min(request_key)::varchar as first_id,
    from ledger.attributed
    where caller_oid is not null
    group by caller_oid
    union all
    select
        oid,
        -- After every request's: '~' is behind letters and digits.
        '~' || min(first_item_id) as first_id,
    from ledger.metric_callers
    where oid is not null
    group by oid
),

newcomers as (
    select
        oid,
        min(first_id) as first_id,
    from seen
    where oid not in (select oid from warehouse.directory.callers)
    group by oid
)

select
    (
        coalesce((select max(caller_id) from warehouse.directory.callers), 0)
        + row_number() over (order by first_id)
    )::integer as caller_id,
    oid,
from newcomers
