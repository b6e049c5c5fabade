-- Standings of callers the viewer may know of.
select *
from read_parquet(getvariable('standings_files'))
where getvariable('sees_everything') or caller_id in (select caller_id from callers)
