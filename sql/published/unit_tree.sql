-- The published table of that name; it holds nothing about persons.
select *
from read_parquet(getvariable('unit_tree_files'))
