-- About the whole tenant, so only who sees everything reads it.
select *
from read_parquet(getvariable('metric_callers_files'))
where getvariable('sees_everything')
