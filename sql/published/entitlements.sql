-- Entitlements of callers the viewer may know of.
select * replace (shown_group(group_id, caller_id) as group_id)
from read_parquet(getvariable('entitlements_files'))
where getvariable('sees_everything') or caller_id in (select caller_id from callers)
