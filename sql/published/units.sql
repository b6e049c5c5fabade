-- The published table of that name, which holds nothing about persons, and what is shown for units of
-- too few people.
select *
from read_parquet(getvariable('units_files'))
union all by name
select
    -1 as unit_id,
    'Small units' as unit,
where getvariable('merges_small_parts')
