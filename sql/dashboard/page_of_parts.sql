-- One page of the place's table, in its order.
select *
from parts
limit getvariable('page_rows') offset getvariable('rows_before')
