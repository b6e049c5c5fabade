-- The tenant's daily evidence; it is about everybody, so only who sees everything reads it.
select *
from read_parquet(getvariable('coverage_files'))
where getvariable('sees_everything')
