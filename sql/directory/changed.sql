-- 1 row per principal whose attributes differ from what is recorded. A removed one keeps its last
-- known attributes: its usage of last month still belongs to the unit it was in.
with current as (
    select *
    from warehouse.directory.principals
    where valid_to = getvariable('forever') and recorded_to = getvariable('forever')
),

compared as (
    select
        told.*,
        current.oid is null as is_new,
        -- Graph's full items leave out what is not set, its later ones what did not change; which of
        -- the two an item is does not show. Of somebody known, an absent property is thus taken as
        -- unchanged unless the round began from nothing: a value that was cleared comes as null.
        -- Whoever comes back from the bin is told of from the start.
        current.oid is null or (not told.deleted and (told.is_whole or current.deleted))
            as tells_all,
        case when told.deleted then []::varchar[] else told.properties end as names,
        current,
    from told
    left join current
        on told.oid = current.oid
),

merged as (
    select
        oid,
        kind,
        as_told(tells_all, names, 'displayName', display_name, current.display_name)
            as display_name,
        as_told(
            tells_all, names, 'userPrincipalName', user_principal_name, current.user_principal_name
        ) as user_principal_name,
        as_told(tells_all, names, 'mail', mail, current.mail) as mail,
        as_told(tells_all, names, 'userType', user_type, current.user_type) as user_type,
        as_told(tells_all, names, 'accountEnabled', account_enabled, current.account_enabled)
            as account_enabled,
        as_told(tells_all, names, 'employeeOrgData', cost_center, current.cost_center)
            as cost_center,
        as_told(tells_all, names, 'employeeOrgData', division, current.division) as division,
        as_told(tells_all, names, 'department', department, current.department) as department,
        as_told(tells_all, names, 'companyName', company, current.company) as company,
        as_told(tells_all, names, 'employeeId', employee_id, current.employee_id) as employee_id,
        as_told(
            tells_all,
            names,
            'onPremisesExtensionAttributes',
            extension_attributes,
            current.extension_attributes
        ) as extension_attributes,
        as_told(tells_all, names, 'appId', app_id, current.app_id) as app_id,
        deleted,
        case when deleted then coalesce(deleted_at, current.deleted_at) end as deleted_at,
        is_new,
        current.valid_from as known_from,
    from compared
)

select merged.*
from merged
left join current
    on merged.oid = current.oid
where
    merged.is_new
    or (
        merged.display_name, merged.user_principal_name, merged.mail, merged.user_type,
        merged.account_enabled, merged.cost_center, merged.division, merged.department,
        merged.company, merged.employee_id, merged.extension_attributes, merged.app_id,
        merged.deleted, merged.deleted_at
    ) is distinct from (
        current.display_name, current.user_principal_name, current.mail, current.user_type,
        current.account_enabled, current.cost_center, current.division, current.department,
        current.company, current.employee_id, current.extension_attributes, current.app_id,
        current.deleted, current.deleted_at
    )
