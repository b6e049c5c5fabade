-- Every row of the place's table.
select *
from parts
