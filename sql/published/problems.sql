-- Lines that could not be read; reasons name files and columns, never persons.
select *
from read_parquet(getvariable('problems_files'))
