-- Who was in which group when, of callers the viewer may know of.
select distinct
    shown_group(group_id, caller_id) as group_id,
    caller_id,
    valid_from,
    valid_to,
from read_parquet(getvariable('memberships_files'))
where getvariable('sees_everything') or caller_id in (select caller_id from callers)
