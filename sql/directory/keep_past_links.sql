-- What held until now stays true for its own time: the links that ended, ending at the moment.
insert into warehouse.directory.links by name
select
    link.* replace (
        getvariable('moment')::timestamp as valid_to,
        getvariable('moment')::timestamp as recorded_from
    )
from warehouse.directory.links as link
semi join ended_links as ended
    on
        link.kind = ended.kind
        and link.source_oid = ended.source_oid
        and link.target_oid = ended.target_oid
where
    link.valid_to = getvariable('forever')
    and link.recorded_to = getvariable('forever')
    and link.valid_from < getvariable('moment')
