-- Ownership spans of units and callers the viewer may see.
select *
from read_parquet(getvariable('ownership_files'))
where
    getvariable('sees_everything')
    or unit_id in (select unit_id from visible_units)
    or caller_id in (select caller_id from visible_callers)
