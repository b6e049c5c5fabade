-- 1 row per id of this dictionary.
select *
from warehouse.dimension.clients
order by client_id
