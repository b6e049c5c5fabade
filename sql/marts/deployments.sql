-- 1 row per id of this dictionary.
select *
from warehouse.dimension.deployments
order by deployment_id
