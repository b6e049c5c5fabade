-- 1 row per link that no longer holds: all of its source was read, and it is not among it.
select
    link.kind,
    link.source_oid,
    link.target_oid,
from warehouse.directory.links as link
semi join observed_links as source
    on link.kind = source.kind and link.source_oid = source.source_oid
anti join observed_links as observed
    on
        link.kind = observed.kind
        and link.source_oid = observed.source_oid
        and link.target_oid = observed.target_oid
where link.valid_to = getvariable('forever') and link.recorded_to = getvariable('forever')
