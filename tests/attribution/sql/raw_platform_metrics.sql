-- 1 row per metric point, as the metrics batch API answered it.
select
    $load_id as load_id,
    md5(concat_ws('/', metric, point_time, dimensions)) as item_id,
    point_time + interval 3 minute as ingested_at,
    resource_id,
    namespace,
    metric,
    aggregation,
    point_time,
    dimensions,
    value,
from metric_values
