-- The units the viewer may see whole.
select unit_id
from read_parquet(getvariable('units_files'))
where list_contains(getvariable('viewer_units'), unit)
