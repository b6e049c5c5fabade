-- 1 row per principal whose attributes differ from what is recorded. A removed one keeps its last
-- known attributes: its usage of last month still belongs to the unit it was in.
select
    observed.oid,
    observed.kind,
    case when observed.deleted then current.display_name else observed.display_name end
        as display_name,
    case when observed.deleted then current.user_principal_name else observed.user_principal_name end
        as user_principal_name,
    case when observed.deleted then current.mail else observed.mail end as mail,
    case when observed.deleted then current.user_type else observed.user_type end as user_type,
    case when observed.deleted then current.account_enabled else observed.account_enabled end
        as account_enabled,
    case when observed.deleted then current.cost_center else observed.cost_center end as cost_center,
    case when observed.deleted then current.department else observed.department end as department,
    case when observed.deleted then current.company else observed.company end as company,
    observed.deleted,
    current.oid is null as is_new,
    not observed.deleted
    and (
        observed.cost_center is distinct from current.cost_center
        or observed.department is distinct from current.department
    ) as moves,
    current.valid_from as known_from,
from observed
left join (
    select *
    from warehouse.directory.principals
    where valid_to = getvariable('forever') and recorded_to = getvariable('forever')
) as current
    on observed.oid = current.oid
where
    current.oid is null
    or observed.deleted <> current.deleted
    or (
        not observed.deleted
        and (
            observed.display_name is distinct from current.display_name
            or observed.user_principal_name is distinct from current.user_principal_name
            or observed.mail is distinct from current.mail
            or observed.user_type is distinct from current.user_type
            or observed.account_enabled is distinct from current.account_enabled
            or observed.cost_center is distinct from current.cost_center
            or observed.department is distinct from current.department
            or observed.company is distinct from current.company
        )
    )
