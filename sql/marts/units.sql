-- 1 row per id of this dictionary.
select *
from warehouse.dimension.units
order by unit_id
