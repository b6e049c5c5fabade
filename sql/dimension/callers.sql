-- 1 row per person or service not seen before: callers of the ledger or of the token metrics, whom the
-- application is assigned to, members of groups, managers. Surrogates follow the keys of first requests
-- and else chance, so that their order tells nothing of object ids.
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
    union all
    select
        link.target_oid as oid,
        null as first_key,
    from warehouse.directory.links as link
    semi join warehouse.directory.principals as principal
        on link.target_oid = principal.oid and principal.kind <> 'group'
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
