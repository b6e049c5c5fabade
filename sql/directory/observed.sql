-- 1 row per principal of a delta round; where one came several times the last one counts.
with lines as (
    select
        json as object,
        row_number() over () as line,
    from read_json(
        getvariable('objects_file'),
        format = 'newline_delimited',
        records = false,
        columns = {'json': 'json'},
        maximum_object_size = 16777216
    )
)

select
    lower(object ->> 'id') as oid,
    getvariable('kind') as kind,
    nullif(trim(object ->> 'displayName'), '') as display_name,
    nullif(trim(object ->> 'userPrincipalName'), '') as user_principal_name,
    nullif(trim(object ->> 'mail'), '') as mail,
    object ->> 'userType' as user_type,
    try_cast(object ->> 'accountEnabled' as boolean) as account_enabled,
    nullif(trim(object ->> '$.employeeOrgData.costCenter'), '') as cost_center,
    nullif(trim(object ->> 'department'), '') as department,
    nullif(trim(object ->> 'companyName'), '') as company,
    json_exists(object, '$."@removed"') as deleted,
from lines
where coalesce(object ->> 'id', '') <> ''
qualify row_number() over (partition by lower(object ->> 'id') order by line desc) = 1
