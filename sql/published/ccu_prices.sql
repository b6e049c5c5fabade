-- The published table of that name; it holds nothing about persons.
select *
from read_parquet(getvariable('ccu_prices_files'))
