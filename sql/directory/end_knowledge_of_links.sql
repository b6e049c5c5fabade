-- That the ended links would hold for ever is no longer what is known.
update warehouse.directory.links
set recorded_to = getvariable('moment')
where
    valid_to = getvariable('forever')
    and recorded_to = getvariable('forever')
    and (kind, source_oid, target_oid) in (
        select (ended.kind, ended.source_oid, ended.target_oid)
        from ended_links as ended
    )
