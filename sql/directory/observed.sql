-- 1 row per principal in a file of Graph's objects. properties are the names it told, null or not;
-- is_whole says that what it left out is not set. Absent and null are told apart further on.
with objects as (
    select
        kind,
        is_whole,
        object,
        lower(object ->> 'id') as oid,
        list_sort(
            [
                name
                for name in json_keys(object, '$.onPremisesExtensionAttributes')
                if as_text(object ->> ('$.onPremisesExtensionAttributes.' || name)) is not null
            ]
        ) as extension_names,
    from read_json(
        getvariable('objects_file'),
        format = 'newline_delimited',
        columns = {'kind': 'varchar', 'is_whole': 'boolean', 'object': 'json'},
        maximum_object_size = 16777216
    )
)

select
    oid,
    kind,
    is_whole,
    json_keys(object) as properties,
    as_text(object ->> 'displayName') as display_name,
    as_text(object ->> 'userPrincipalName') as user_principal_name,
    as_text(object ->> 'mail') as mail,
    as_text(object ->> 'userType') as user_type,
    try_cast(object ->> 'accountEnabled' as boolean) as account_enabled,
    as_text(object ->> '$.employeeOrgData.costCenter') as cost_center,
    as_text(object ->> '$.employeeOrgData.division') as division,
    as_text(object ->> 'department') as department,
    as_text(object ->> 'companyName') as company,
    as_text(object ->> 'employeeId') as employee_id,
    case
        when len(extension_names) > 0
            then to_json(
                map_from_entries(
                    [
                        {
                            'key': name,
                            'value': as_text(
                                object ->> ('$.onPremisesExtensionAttributes.' || name)
                            )
                        }
                        for name in extension_names
                    ]
                )
            )::varchar
    end as extension_attributes,
    lower(as_text(object ->> 'appId')) as app_id,
    json_exists(object, '$."@removed"') as deleted,
    try_cast(object ->> 'deletedDateTime' as timestamptz) at time zone 'UTC' as deleted_at,
from objects
