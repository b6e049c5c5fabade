-- 1 row per link between two principals and span of time, as known now.
select
    kind,
    source_oid,
    target_oid,
    valid_from,
    valid_to,
from warehouse.directory.links
where recorded_from <= getvariable('known_at') and getvariable('known_at') < recorded_to
