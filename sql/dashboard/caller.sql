-- At most 1 row: who the chosen caller is, if the viewer may know.
select
    oid,
    display_name as name,
    kind,
from callers
where getvariable('chosen_oid') in (oid, if(getvariable('sees_names'), null, display_name))
