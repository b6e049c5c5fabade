-- 1 row per person or service that has no surrogate yet and never called: whom the application is assigned
-- to, members of groups, managers. Chance orders them, so that surrogates tell nothing of object ids.
with newcomers as (
    select
        oid,
        uuid() as chance,
    from warehouse.directory.principals
    where
        kind <> 'group'
        and oid in (select target_oid from warehouse.directory.links)
        and oid not in (select caller.oid from warehouse.directory.callers as caller)
    group by oid
)

select
    (
        coalesce((select max(caller_id) from warehouse.directory.callers), 0)
        + row_number() over (order by chance)
    )::integer as caller_id,
    oid,
from newcomers
