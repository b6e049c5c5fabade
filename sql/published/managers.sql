-- Who reported to whom when, of callers the viewer may know of.
select
    caller_id,
    shown_team(manager_id, caller_id) as manager_id,
    valid_from,
    valid_to,
from read_parquet(getvariable('managers_files'))
where getvariable('sees_everything') or caller_id in (select caller_id from callers)
