-- That the superseded rows would hold for ever is no longer what is known.
update warehouse.directory.principals
set recorded_to = getvariable('moment')
where
    valid_to = getvariable('forever')
    and recorded_to = getvariable('forever')
    and oid in (select oid from changed)
