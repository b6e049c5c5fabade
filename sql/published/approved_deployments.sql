-- The published table of that name; it holds nothing about what anybody used.
select *
from read_parquet(getvariable('approved_deployments_files'))
