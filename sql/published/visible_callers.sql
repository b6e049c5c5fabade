-- The viewer's own caller id, if they have one.
select caller_id
from read_parquet(getvariable('callers_files'))
where oid = getvariable('viewer_oid')
