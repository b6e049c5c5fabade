-- 1 row per metric point, with its dimensions as columns, as ingestion would have made it.
select
    $load_id as load_id,
    md5(concat_ws('/', metric, point_time, dimensions)) as item_id,
    point_time + interval 3 minute as ingested_at,
    point_time,
    resource_id,
    namespace,
    metric,
    aggregation,
    deployment,
    model_name,
    model_version,
    status_code,
    dimensions,
    value,
    point_time::date as day_key,
from metric_values
