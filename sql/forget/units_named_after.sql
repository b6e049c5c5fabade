-- 1 row per unit whose name holds one of the person's names.
select unit
from warehouse.dimension.units
where regexp_matches(unit, getvariable('name_pattern'))
order by unit
