-- What held until now stays true for its own time: the superseded rows, ending at the moment.
insert into warehouse.directory.principals by name
select
    current.* replace (
        getvariable('moment')::timestamp as valid_to,
        getvariable('moment')::timestamp as recorded_from
    )
from warehouse.directory.principals as current
semi join changed on current.oid = changed.oid
where
    current.valid_to = getvariable('forever')
    and current.recorded_to = getvariable('forever')
    and current.valid_from < getvariable('moment')
