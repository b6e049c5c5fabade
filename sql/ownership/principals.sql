-- 1 row per principal and span of time: what the directory says, as known now. Whom only a seed knows
-- is here as well, without any attribute.
with named as (
    select oid
    from ownership.corrections
    union
    select oid
    from ownership.owners
    union
    select lower(value)
    from ownership.rules
    where attribute = 'oid'
)

select
    oid,
    case
        when kind = 'service_principal' then 'service_principal'
        when lower(user_type) = 'guest' then 'guest'
        else 'member'
    end as kind,
    cost_center,
    department,
    company,
    division,
    extension_attributes,
    valid_from,
    valid_to,
from warehouse.directory.principals
where
    kind <> 'group'
    and recorded_from <= getvariable('known_at')
    and getvariable('known_at') < recorded_to
union all by name
select
    oid,
    'unknown' as kind,
    getvariable('always')::timestamp as valid_from,
    getvariable('forever')::timestamp as valid_to,
from named
where oid not in (select known.oid from warehouse.directory.principals as known)
