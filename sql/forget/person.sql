-- 1 row per version of the principal that the directory ever recorded.
select
    kind,
    display_name,
    user_principal_name,
    mail,
    employee_id,
    extension_attributes,
    cost_center,
    department,
    company,
    division,
    not deleted
    and valid_to = getvariable('forever')
    and recorded_to = getvariable('forever') as is_there,
from warehouse.directory.principals
where lower(oid) = getvariable('oid')
