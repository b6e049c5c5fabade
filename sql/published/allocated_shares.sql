-- Who bears which part of an allocation, as far as the viewer may see them.
select * replace (shown_unit(unit_id, caller_id) as unit_id)
from read_parquet(getvariable('allocated_shares_files'))
where
    getvariable('sees_everything')
    or unit_id in (select unit_id from visible_units)
    or caller_id in (select caller_id from visible_callers)
