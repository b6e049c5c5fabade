-- About the whole tenant, so only who sees everything reads it.
select *
from read_parquet(getvariable('observations_files'))
where getvariable('sees_everything')
