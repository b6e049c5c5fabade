-- 1 row per source and day that its rows are of: the days that landing them would have marked.
select distinct
    day_key as usage_day,
    'gateway_log' as reason,
from warehouse.staging.gateway_requests
union all
select distinct
    day_key as usage_day,
    'llm_log' as reason,
from warehouse.staging.llm_rows
union all
select distinct
    day_key as usage_day,
    'platform_metrics' as reason,
from warehouse.staging.metric_points
