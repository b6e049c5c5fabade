-- 1 row per manager and span of time about which no rule says anything.
with spans as (
    select
        oid,
        valid_from,
        valid_to,
    from ownership.decided
    union all
    select distinct
        target_oid as oid,
        getvariable('always')::timestamp as valid_from,
        getvariable('always')::timestamp as valid_to,
    from ownership.links
    where kind = 'manager'
),

gaps as (
    select
        oid,
        valid_to as valid_from,
        lead(valid_from, 1, getvariable('forever')::timestamp)
            over (partition by oid order by valid_from, valid_to) as valid_to,
    from spans
)

select *
from gaps
where valid_from < valid_to
