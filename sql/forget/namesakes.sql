-- 1 row: whether somebody else has one of the person's names.
select count(*) > 0 as has_namesakes
from warehouse.directory.principals
where
    lower(oid) <> getvariable('oid')
    and list_contains(getvariable('names')::varchar[], display_name)
