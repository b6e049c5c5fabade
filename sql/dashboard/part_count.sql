-- 1 row: how many rows the place's table has.
select count(*) as part_count
from parts
