-- 1 row per usage day that has rows.
select day_key
from warehouse.staging.gateway_requests
union
select day_key
from warehouse.staging.llm_rows
