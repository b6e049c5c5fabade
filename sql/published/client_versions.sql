-- Rows of client_versions that the viewer may see, of the days whose files were asked for.
select * replace (shown_unit(unit_id, caller_id) as unit_id)
from read_parquet(getvariable('client_versions_files'))
where
    getvariable('sees_everything')
    or unit_id in (select unit_id from visible_units)
    or caller_id in (select caller_id from visible_callers)
