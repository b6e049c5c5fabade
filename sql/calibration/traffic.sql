-- 1 row per request that the calibration takes, in its order.
select * exclude (request_key, usage_time)
from ledger.traffic
order by row_number
